"""Traces through the door while the door, the consumer of traces and Kafka are killed.

An exporter that sends again what was not acknowledged: in the end every attempt has each
of its events once. A trace that is read again is mapped again, to events with the same
ids, so `events` is asked with FINAL, as its readers are told to.
"""

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx
from faults.findings import Findings
from faults.processes import Platform, logs
from faults.rounds import Play, Result
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from support.agent_runs import agent_run, request, span

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.ids import new_id

SERVICES: Final = ("web", "traces", "archive", "streams")
TOOLS: Final = 19
SPANS: Final = TOOLS + 1
EVENTS: Final = 2 * TOOLS + 3
"""Of an attempt: an action and an observation for each tool, and start, answer and end."""
AT_ONCE: Final = 25
"""Traces whose spans are exported together, as from a process with so many agents."""
EVERY_S: Final = 12.0
RIGHT_WITHIN_S: Final = 400.0
_STORED = """
SELECT attempt_id, count(), uniqExact(event_id) FROM events FINAL
WHERE tenant = {tenant:String} GROUP BY attempt_id
"""
_ATTEMPTS = """
SELECT attempt_id, steps, length(seen_events) FROM attempts FINAL
WHERE tenant = {tenant:String} AND status != ''
"""
_SPANS = "SELECT count() FROM spans FINAL WHERE tenant = {tenant:String}"


@dataclass
class Exporter:
    """Sends each export until it is acknowledged, as OpenTelemetry's exporters do."""

    url: str
    sent: set[str] = field(default_factory=set)
    slowest_s: float = 0.0

    def play(self, traces: int) -> None:
        """Send so many traces; the root of each comes in a later export than its tools."""
        with httpx.Client(timeout=30) as client:
            for _ in range(0, traces, AT_ONCE):
                ids = [int(new_id().replace("-", ""), 16) for _ in range(AT_ONCE)]
                runs = [_run(trace) for trace in ids]
                self._post(client, request([one for run in runs for one in run[:-1]]))
                self._post(client, request([run[-1] for run in runs]))
                self.sent |= {f"{trace:032x}" for trace in ids}

    def _post(self, client: httpx.Client, body: bytes) -> None:
        headers = {"content-type": "application/x-protobuf"}
        begin = time.monotonic()
        while True:
            with suppress(httpx.TransportError):
                answer = client.post(self.url, content=body, headers=headers)
                if answer.status_code == httpx.codes.OK:
                    break
            time.sleep(0.2)
        self.slowest_s = max(self.slowest_s, time.monotonic() - begin)


def run(platform: Platform, play: Play) -> Result:
    """Kill the door, the consumer and Kafka in turn while traces flow."""
    traces = max(AT_ONCE, play.attempts // AT_ONCE * AT_ONCE)
    [port] = free_ports(1)
    changes = {"http_port": port, "train_at": 10**9}
    settings = platform.settings.model_copy(update=changes)
    exporter = Exporter(f"http://127.0.0.1:{port}/v1/traces")
    moved = Platform(platform.kafka, platform.clickhouse, settings, platform.folder)
    with moved.services(*SERVICES) as services:
        for name in ("traces", "archive", "streams"):
            services[name].until_it_works()
        exporting = threading.Thread(target=exporter.play, args=(traces,))
        exporting.start()
        order = random.Random(play.seed)
        for number in range(play.rounds):
            play.say(f"spans flow: {number + 1} of {play.rounds}")
            time.sleep(order.uniform(0, EVERY_S / 3))
            for name in ("web", "traces"):
                services[name].kill()
                services[name].start()
            time.sleep(order.uniform(0, EVERY_S / 3))
            platform.kafka.kill()
            platform.kafka.start()
        exporting.join()
        found, recovery_s = _until_right(
            ClickHouse(settings), settings.tenant, exporter
        )
        trouble = logs(list(services.values())) if found else ""
    name = "kill -9 of the door, the consumer of traces and Kafka"
    events = traces * EVENTS
    return Result(
        name, play.rounds, events, found, recovery_s, exporter.slowest_s, trouble
    )


def _run(trace: int) -> list[Span]:
    """Return the spans of an agent with many tool calls, the root last."""
    [_, root] = agent_run(trace, f"problem {trace}")
    tools = [
        span(
            trace,
            number,
            1,
            openinference__span__kind="TOOL",
            tool__name="look",
            input__value=str(number),
            output__value="nothing",
        )
        for number in range(2, TOOLS + 2)
    ]
    return [*tools, root]


def _until_right(
    clickhouse: ClickHouse, tenant: str, exporter: Exporter
) -> tuple[Findings, float]:
    begin = time.monotonic()
    found = Findings(missing=1)
    while found and time.monotonic() < begin + RIGHT_WITHIN_S:
        time.sleep(0.5)
        with suppress(UnavailableError):
            found = _look(clickhouse, tenant, exporter.sent)
    return found, time.monotonic() - begin


def _look(clickhouse: ClickHouse, tenant: str, sent: set[str]) -> Findings:
    asked = {"tenant": tenant}
    stored = {row[0]: row[1:] for row in clickhouse.query(_STORED, asked)}
    attempts = {row[0]: row[1:] for row in clickhouse.query(_ATTEMPTS, asked)}
    [(spans,)] = clickhouse.query(_SPANS, asked)
    missing = abs(len(sent) * SPANS - spans) + len(sent - attempts.keys())
    doubled = len(attempts.keys() - sent)
    for trace in sent:
        count, different = stored.get(trace, (0, 0))
        missing += max(0, EVENTS - different)
        doubled += max(0, count - EVENTS)
    wrong = sum(
        row != (EVENTS - 2, EVENTS) for trace, row in attempts.items() if trace in sent
    )
    return Findings(missing, doubled, wrong)
