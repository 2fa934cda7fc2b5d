"""Agents that know nothing of pilotfish, and the lines of the page: 20 runs, 8 of them fail.

Through OpenTelemetry's exporter, the door, Kafka and all services, into ClickHouse.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from faults.processes import logs, running
from support.polling import eventually
from support.traced.page import SECTIONS, TESTS, block

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

SERVICES = ("web", "traces", "archive", "streams")
RUNS, TOOL_FAULTS, MODEL_FAULTS = 20, 5, 3
GOOD = RUNS - TOOL_FAULTS - MODEL_FAULTS
SCRIPT = f"""
import contextlib
for number in range({RUNS}):
    fault = "" if number < {GOOD} else "tool" if number < {GOOD + TOOL_FAULTS} else "model"
    with contextlib.suppress(Exception):
        ask(f"SECTION: how much is {{number}} plus two?", fault)
provider.shutdown()
"""
ATTEMPTS = """
SELECT problem, abstained, p_success, status, steps, tokens, dateDiff('ms', started_at, ended_at), actions
FROM attempts_current WHERE tenant = {tenant:String} AND version > 0
"""


def run_agents(section: str, port: int) -> None:
    """Run unchanged agent code behind the page's lines, in a process of its own."""
    code = "\n".join(
        [
            block("Traces come in"),
            block(section),
            f"from support.traced.{SECTIONS[section]}",
            SCRIPT.replace("SECTION", section),
        ]
    )
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}",
    }
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


@pytest.mark.slow(60)
def test_twenty_runs_are_twenty_attempts(settings: Settings, tmp_path: Path) -> None:
    [port] = free_ports(1)
    settings = settings.model_copy(update={"http_port": port})
    clickhouse = ClickHouse(settings)

    def attempts() -> list[tuple[Any, ...]]:
        return clickhouse.query(ATTEMPTS, {"tenant": settings.tenant})

    with running(settings, tmp_path, *SERVICES) as services:
        services["traces"].until_it_works()
        for section in SECTIONS:
            run_agents(section, port)
        try:
            eventually(lambda: len(attempts()) == RUNS * len(SECTIONS), every_s=0.5)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{logs(list(services.values()))}") from error
    for section in SECTIONS:
        rows = [row for row in attempts() if row[0].startswith(f"{section}: ")]
        check(section, rows)


def check(section: str, rows: list[tuple[Any, ...]]) -> None:
    """Compare the attempts of one framework with what its agents did."""
    asked = {f"{section}: how much is {number} plus two?" for number in range(RUNS)}
    assert {row[0] for row in rows} == asked
    outcomes = Counter((abstained, p_success) for _, abstained, p_success, *_ in rows)
    assert outcomes == {
        ("no evidence", None): GOOD,
        ("", 0.0): TOOL_FAULTS,
        ("infrastructure", None): MODEL_FAULTS,
    }
    for _, abstained, _, status, steps, tokens, took_ms, actions in rows:
        assert (status, 0 <= took_ms < 60_000) == ("unknown", True)
        if abstained == "no evidence":
            assert "add" in actions and steps >= 4
            assert bool(tokens) == (section != "DSPy")  # which exports none
