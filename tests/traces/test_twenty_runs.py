"""Agents that know nothing of pilotfish, and the lines of the page: 20 runs, 8 of them fail.

Through OpenTelemetry's exporter, the door, Kafka and all services, into ClickHouse. What
CrewAI exported in its 20 runs was recorded, and is sent as it was, only later.
"""

import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

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
from support.traced.twenty import FAULTS, problems, script

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
            eventually(
                lambda: len(attempts()) == len(FAULTS) * len(FRAMEWORKS), every_s=0.5
            )
        except AssertionError as error:
            raise AssertionError(f"{error}\n{logs(list(services.values()))}") from error
        rows = attempts()
        counts = {row.attempt_id: row.steps for row in rows}
        eventually(lambda: step_counts(clickhouse, settings), counts, every_s=0.5)
        unjudged = next(r.attempt_id for r in rows if r.abstained == "no evidence")
        judge(clickhouse, settings, unjudged)
    steps = steps_of(clickhouse, settings)
    by_problem = {row.problem: row for row in rows}
    assert len(by_problem) == len(rows)
    for framework in FRAMEWORKS:
        for problem, fault in zip(problems(framework), FAULTS, strict=True):
            attempt = by_problem[problem]
            check(framework, fault, attempt, steps[attempt.attempt_id])


def steps_of(clickhouse: ClickHouse, settings: Settings) -> dict[str, list[Step]]:
    steps: dict[str, list[Step]] = defaultdict(list)
    for attempt_id, *row in clickhouse.query(STEPS, {"tenant": settings.tenant}):
        steps[attempt_id].append(Step(*row))
    return steps


def step_counts(clickhouse: ClickHouse, settings: Settings) -> dict[str, int]:
    return {a: len(steps) for a, steps in steps_of(clickhouse, settings).items()}


def judge(clickhouse: ClickHouse, settings: Settings, attempt: str) -> None:
    """Send an evaluation of an attempt that ended long ago, and wait for its label."""
    body = log_request(evaluation(bytes.fromhex(attempt), score=1.0))
    post(settings.http_port, "logs", body)
    asked = {"tenant": settings.tenant, "attempt": attempt}
    eventually(lambda: clickhouse.query(JUDGED, asked) == [(1.0,)], every_s=0.2)


OUTCOMES = {
    "": ("no evidence", None),
    "tool": ("", 0.0),
    "model": ("infrastructure", None),
}
"""By fault, why the label abstains, and P(success) if it does not."""
Said = tuple[str, str, str]
"""A step's kind, name and content; of a model's, what its content has in it."""
ARGUMENTS = '{"a": 1, "b": 2}'
MODELS = {"DSPy": "dummy", "PydanticAI": "function:say:"}
MODELS |= dict.fromkeys(("LangChain", "LangGraph"), "model")
TRIES = {"CrewAI": {"tool": 3, "model": 9}}
"""How often a framework asks a model that refuses; the others ask once."""


def expected(framework: str, fault: str) -> list[Said]:
    """Return the steps of a run."""
    model = MODELS.get(framework, "gpt-4o-mini")
    text = "" if framework == "CrewAI" else "Let me see."
    refused: Said = ("thought", model, "slow down" if fault == "model" else "no rows")
    looks: Said = ("thought", model, text)
    adds = [looks, *called("add", "3")]
    answer: Said = ("answer", model, "It is 3")
    tries = TRIES.get(framework, {}).get(fault, 1)
    if fault == "model":
        return [refused] * tries
    if framework == "DSPy":
        finish = called("finish", "Completed.", "{}")
        return [*adds, ("thought", model, "Done."), *finish, answer]
    if fault == "":
        return [*adds, answer]
    if framework == "CrewAI":
        return [*adds, *[refused] * tries]
    return [looks, *called("lookup", "no rows")]


def called(tool: str, result: str, arguments: str = ARGUMENTS) -> list[Said]:
    return [("action", tool, arguments), ("observation", tool, result)]


def check(framework: str, fault: str, attempt: Attempt, steps: list[Step]) -> None:
    """Compare an attempt with what its agent did."""
    about = f"{attempt}: {steps}"
    assert (attempt.abstained, attempt.p_success) == OUTCOMES[fault], about
    assert attempt.status == "unknown"
    wanted = expected(framework, fault)
    assert [(s.kind, s.name) for s in steps] == [(k, n) for k, n, _ in wanted], about
    for step, (kind, name, content) in zip(steps, wanted, strict=True):
        exact = kind == "action" or name == "add"
        assert step.content == content if exact else content in step.content, about
    check_durations(attempt, steps)
    check_tokens(framework, attempt, steps)


def check_durations(attempt: Attempt, steps: list[Step]) -> None:
    """Each step took its own time, the tool what it sleeps, and the run all of it."""
    took = [step.duration_s or 0.0 for step in steps if step.kind != "observation"]
    adding = [
        s.duration_s or 0.0 for s in steps if (s.kind, s.name) == ("action", "add")
    ]
    assert all(duration_s > 0 for duration_s in took), steps
    assert all(duration_s >= TOOL_S for duration_s in adding), steps
    # Milliseconds are cut off, and not rounded.
    assert sum(took) <= attempt.took_s + 0.001 < 60, (attempt, steps)


def check_tokens(framework: str, attempt: Attempt, steps: list[Step]) -> None:
    """Model calls that were answered have their tokens, and cost what the list says."""
    answered = [
        step
        for step in steps
        if step.kind in ("thought", "answer")
        and not any(refusal in step.content for refusal in ("slow down", "no rows"))
    ]
    used = {step.tokens for step in answered}
    if framework == "PydanticAI":  # counts the words of a model that is a function
        assert all(30 < tokens < 100 for tokens in used)
    else:
        assert used <= {0 if framework == "DSPy" else 1234}  # DSPy's are not exported
    assert attempt.tokens == sum(step.tokens for step in answered)
    priced = framework in ("OpenAI Agents", "CrewAI")
    assert all((step.cost > 0) == priced for step in answered)
    assert attempt.cost == pytest.approx(sum(step.cost for step in answered))
