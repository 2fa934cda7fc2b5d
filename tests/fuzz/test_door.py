"""5,600 bodies that are nearly right, posted to the door: each gets a clear status."""

import asyncio
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from faults.replay import events
from fuzz.mutations import mutated
from google.protobuf.json_format import MessageToJson
from httpx2 import ASGITransport, AsyncClient
from support.knowledge import NoRows, ScriptedKnowledge
from support.memory_publisher import MemoryPublisher
from support.otlp import TRACE, export_request
from support.otlp_logs import AT_NS, EVENT, evaluation, log_request

from pilotfish._sdk.transport.transport import MemoryTransport
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.schemas.topics import EVENTS, TRACES
from pilotfish.schemas.traces import TraceExport
from pilotfish.traces.otlp import read_export
from pilotfish.web.app import application
from pilotfish.web.behind import Behind
from pilotfish.web.tenants import Tenants

SLOWEST_S = 2.0
CLEAR = {200, 202, 400, 413, 415, 422}
SPANS = export_request(3, attribute="text", resource="agent")
JSON = "application/json"
PROTOBUF = "application/x-protobuf"


class Case(NamedTuple):
    """What is posted where, and how often it is changed."""

    path: str
    kind: str
    encoding: str
    bodies: list[bytes]
    times: int


def bodies_of(name: str) -> list[bytes]:
    """Return the events of a kind as a client posts them."""
    left_out = {"tenant", "attempt_id"}
    return [
        event.model_dump_json(exclude=left_out).encode()
        for event in events("t", 30)
        if type(event).__name__ == name
    ]


ASKED = {"problem": "p", "approaches": {"plan": "plan first"}, "deadline_ms": 1}
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search_memory", "arguments": {"text": "2 + 2", "k": 3}},
}
LOGS = log_request(evaluation(TRACE, bytes(range(1, 9))), evaluation(TRACE))
RECORD = {"eventName": EVENT, "traceId": TRACE.hex(), "timeUnixNano": str(AT_NS)}
LOGS_IN_JSON = {"resourceLogs": [{"scopeLogs": [{"logRecords": [RECORD]}]}]}
ZIPPED = gzip.compress(SPANS.SerializeToString())
CASES = [
    Case("/v1/traces", PROTOBUF, "identity", [SPANS.SerializeToString()], 1000),
    Case("/v1/traces", PROTOBUF, "gzip", [ZIPPED], 800),
    Case("/v1/traces", JSON, "identity", [MessageToJson(SPANS).encode()], 1000),
    Case("/v1/logs", PROTOBUF, "identity", [LOGS], 300),
    Case("/v1/logs", JSON, "identity", [json.dumps(LOGS_IN_JSON).encode()], 300),
    Case("/v1/attempts", JSON, "identity", bodies_of("AttemptStarted"), 500),
    Case("/v1/attempts/a/steps", JSON, "identity", bodies_of("StepRecorded"), 500),
    Case("/v1/attempts/a/end", JSON, "identity", bodies_of("AttemptEnded"), 500),
    Case("/v1/advice", JSON, "identity", [json.dumps(ASKED).encode()], 500),
    Case("/mcp", JSON, "identity", [json.dumps(CALL).encode()], 200),
]


def test_there_are_over_five_thousand() -> None:
    assert sum(case.times for case in CASES) == 5600


async def statuses(
    publisher: MemoryPublisher, case: Case, bodies: Iterable[bytes]
) -> Counter[int]:
    behind = Behind(
        publisher,
        MemoryTransport(lambda _: "plan"),
        "door",
        ScriptedKnowledge(),
        NoRows(),
    )
    app = application(behind, Tenants("t", {}), ServiceStatus())
    headers = {
        "content-type": case.kind,
        "content-encoding": case.encoding,
        "accept": f"{JSON}, text/event-stream",
    }
    found: Counter[int] = Counter()
    async with (
        app.router.lifespan_context(app),
        AsyncClient(
            transport=ASGITransport(app), base_url="http://127.0.0.1"
        ) as client,
    ):
        for body in bodies:
            begun = time.process_time()
            answer = await client.post(case.path, content=body, headers=headers)
            assert time.process_time() - begun < SLOWEST_S, body[:200]
            found[answer.status_code] += 1
            # The Protocol's own answers name what was asked, however long.
            assert len(answer.content) < 5000 or case.path == "/mcp"
    return found


@pytest.mark.parametrize("number", range(len(CASES)))
def test_every_body_gets_a_clear_status_and_what_is_taken_can_be_read(
    number: int,
) -> None:
    case = CASES[number]
    publisher = MemoryPublisher()
    bodies = mutated(20 + number, case.bodies, case.times)
    found = asyncio.run(statuses(publisher, case, bodies))
    assert found.keys() <= CLEAR, found
    assert found[200] + found[202] < case.times
    for _, message in publisher.published(EVENTS) + publisher.published(TRACES):
        if isinstance(message, TraceExport):
            assert read_export(message.body, message.encoding).spans
