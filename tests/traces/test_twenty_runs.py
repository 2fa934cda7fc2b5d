"""Agents that know nothing of pilotfish, and the lines of the page: 20 runs, 8 of them fail.

Through OpenTelemetry's exporter, the door, Kafka and all services, into ClickHouse. What
CrewAI exported in its 20 runs was recorded, and is sent as it was, only later.
"""

import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from faults.processes import logs, running
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from support.otlp_logs import evaluation, log_request
from support.polling import eventually
from support.traced.page import AGENTS, RECORDED, TESTS, program
from support.traced.tool_time import TOOL_S
from support.traced.twenty import (
    GOOD,
    MODEL_FAULTS,
    RUNS,
    TOOL_FAULTS,
    problems,
    script,
)

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

SERVICES = ("web", "traces", "archive", "streams")
RECORDINGS = Path(__file__).parent / "recordings"
FRAMEWORKS = (*AGENTS, *RECORDED)
ATTEMPTS = """
SELECT attempt_id, problem, abstained, p_success, status, steps, tokens, cost,
    dateDiff('millisecond', started_at, ended_at) / 1000
FROM attempts_current WHERE tenant = {tenant:String} AND version > 0
"""
STEPS = """
SELECT attempt_id, kind, name, content, duration_s, tokens, cost FROM events FINAL
WHERE tenant = {tenant:String} AND kind IN ('thought', 'action', 'observation', 'answer')
ORDER BY attempt_id, at, kind = 'observation'
"""
JUDGED = """
SELECT p_success FROM attempts_current
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
"""


class Attempt(NamedTuple):
    """A row of ATTEMPTS."""

    attempt_id: str
    problem: str
    abstained: str
    p_success: float | None
    status: str
    steps: int
    tokens: int
    cost: float
    took_s: float


class Step(NamedTuple):
    """A row of STEPS, without the attempt."""

    kind: str
    name: str
    content: str
    duration_s: float | None
    tokens: int
    cost: float


def run_agents(framework: str, port: int) -> None:
    """Run unchanged agent code behind the page's lines, in a process of its own."""
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}",
    }
    code = program(framework, script(framework))
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def send_recorded(framework: str, port: int) -> None:
    """Send what was recorded of the same, as if it had ended now."""
    request = ExportTraceServiceRequest.FromString(
        (RECORDINGS / f"{framework.lower()}_runs.otlp").read_bytes()
    )
    spans = [
        span
        for batch in request.resource_spans
        for scoped in batch.scope_spans
        for span in scoped.spans
    ]
    later_ns = time.time_ns() - max(span.end_time_unix_nano for span in spans)
    for span in spans:
        span.start_time_unix_nano += later_ns
        span.end_time_unix_nano += later_ns
    post(port, "traces", request.SerializeToString())


def post(port: int, what: str, body: bytes) -> None:
    headers = {"content-type": "application/x-protobuf"}
    door = f"http://127.0.0.1:{port}/v1/{what}"
    assert httpx2.post(door, content=body, headers=headers).status_code == 200


@pytest.mark.slow(60)
def test_twenty_runs_are_twenty_attempts(settings: Settings, tmp_path: Path) -> None:
    [port] = free_ports(1)
    settings = settings.model_copy(update={"http_port": port})
    clickhouse = ClickHouse(settings)

    def attempts() -> list[Attempt]:
        rows = clickhouse.query(ATTEMPTS, {"tenant": settings.tenant})
        return [Attempt(*row) for row in rows]

    with running(settings, tmp_path, *SERVICES) as services:
        services["traces"].until_it_works()
        for framework in AGENTS:
            run_agents(framework, port)
        for framework in RECORDED:
            send_recorded(framework, port)
        try:
            eventually(lambda: len(attempts()) == RUNS * len(FRAMEWORKS), every_s=0.5)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{logs(list(services.values()))}") from error
        rows = attempts()
        counts = {row.attempt_id: row.steps for row in rows}
        eventually(lambda: step_counts(clickhouse, settings), counts, every_s=0.5)
        judge(clickhouse, settings, rows[0].attempt_id)
    steps = steps_of(clickhouse, settings)
    for framework in FRAMEWORKS:
        mine = [row for row in rows if row.problem.startswith(f"{framework}: ")]
        check(framework, mine, steps)


def steps_of(clickhouse: ClickHouse, settings: Settings) -> dict[str, list[Step]]:
    steps: dict[str, list[Step]] = defaultdict(list)
    for attempt_id, *row in clickhouse.query(STEPS, {"tenant": settings.tenant}):
        steps[attempt_id].append(Step(*row))
    return steps


def step_counts(clickhouse: ClickHouse, settings: Settings) -> dict[str, int]:
    return {a: len(steps) for a, steps in steps_of(clickhouse, settings).items()}
