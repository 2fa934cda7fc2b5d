"""Agents that know nothing of pilotfish, and the lines of the page: 20 runs, 8 of them fail.

Through OpenTelemetry's exporter, the door, Kafka and all services, into ClickHouse.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import pytest
from faults.processes import logs, running
from support.otlp_logs import evaluation, log_request
from support.polling import eventually
from support.ports import free_ports
from support.traced.page import AGENTS, TESTS, program

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
        ask(f"FRAMEWORK: how much is {{number}} plus two?", fault)
provider.shutdown()
"""
ATTEMPTS = """
SELECT attempt_id, problem, abstained, p_success, status, steps, tokens, dateDiff('ms', started_at, ended_at), actions
FROM attempts_current WHERE tenant = {tenant:String} AND version > 0
"""
TIMED = """
SELECT uniqExactIf(attempt_id, kind = 'action' AND name = 'add'), countIf(NOT ifNull(duration_s, 0) > 0)
FROM events FINAL WHERE tenant = {tenant:String} AND kind IN ('thought', 'action', 'answer')
"""
JUDGED = """
SELECT p_success FROM attempts_current
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
"""
TOKENS = {"DSPy": [0], "PydanticAI": range(100, 140)}
"""Of a run that does well: DSPy exports none, and PydanticAI counts words."""
TOKENS_OF_MODEL = [2 * 1234]


def run_agents(framework: str, port: int) -> None:
    """Run unchanged agent code behind the page's lines, in a process of its own."""
    code = program(framework, SCRIPT.replace("FRAMEWORK", framework))
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
        for framework in AGENTS:
            run_agents(framework, port)
        try:
            eventually(lambda: len(attempts()) == RUNS * len(AGENTS), every_s=0.5)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{logs(list(services.values()))}") from error
        eventually(lambda: steps_are_timed(clickhouse, settings), every_s=0.5)
        rows = attempts()
        judge(
            clickhouse,
            settings,
            next(row[0] for row in rows if row[2] == "no evidence"),
        )
    for framework in AGENTS:
        check(framework, [row for row in rows if row[1].startswith(f"{framework}: ")])


def steps_are_timed(clickhouse: ClickHouse, settings: Settings) -> bool:
    [(with_tool, without_time)] = clickhouse.query(TIMED, {"tenant": settings.tenant})
    return bool(with_tool >= GOOD * len(AGENTS) and without_time == 0)


def judge(clickhouse: ClickHouse, settings: Settings, attempt: str) -> None:
    """Send an evaluation of an attempt that ended long ago, and wait for its label."""
    body = log_request(evaluation(bytes.fromhex(attempt), score=1.0))
    door = f"http://127.0.0.1:{settings.http_port}/v1/logs"
    headers = {"content-type": "application/x-protobuf"}
    assert httpx2.post(door, content=body, headers=headers).status_code == 200
    asked = {"tenant": settings.tenant, "attempt": attempt}
    eventually(lambda: clickhouse.query(JUDGED, asked) == [(1.0,)], every_s=0.2)


def check(framework: str, rows: list[tuple[Any, ...]]) -> None:
    """Compare the attempts of one framework with what its agents did."""
    asked = {f"{framework}: how much is {number} plus two?" for number in range(RUNS)}
    assert {row[1] for row in rows} == asked
    outcomes = Counter((row[2], row[3]) for row in rows)
    assert outcomes == {
        ("no evidence", None): GOOD,
        ("", 0.0): TOOL_FAULTS,
        ("infrastructure", None): MODEL_FAULTS,
    }
    for _, _, abstained, _, status, steps, tokens, took_ms, actions in rows:
        assert (status, 0 <= took_ms < 60_000) == ("unknown", True)
        if abstained == "no evidence":
            assert "add" in actions and steps >= 4
            assert tokens in TOKENS.get(framework, TOKENS_OF_MODEL)
