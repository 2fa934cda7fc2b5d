"""Export requests in, raw messages out; what is odd gets a clear status."""

import gzip
import json
import zlib
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from httpx2 import Response
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)
from starlette.testclient import TestClient
from support.memory_publisher import MemoryPublisher
from support.otlp import TRACE, export_request

from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import TraceExport
from pilotfish.traces.otlp import read_export
from pilotfish.web.bodies import MAX_BODY, MAX_ZIPPED
from pilotfish.web.publisher import QueueFullError

PROTOBUF = "application/x-protobuf"
BODY = export_request(2).SerializeToString()
SPAN = {
    "traceId": TRACE.hex(),
    "spanId": "0102030405060708",
    "startTimeUnixNano": "1780000000000000000",
    "endTimeUnixNano": "1780000001000000000",
}
JSON_BODY = json.dumps(
    {
        "resourceSpans": [
            {
                "scopeSpans": [
                    {
                        "spans": [
                            SPAN,
                            SPAN | {"spanId": "no hex"},
                            SPAN | {"startTimeUnixNano": "x"},
                        ]
                    }
                ]
            }
        ]
    }
).encode()


def post(
    client: TestClient, body: bytes, kind: str = PROTOBUF, **headers: str
) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"content-type": kind, **named}
    return client.post("/v1/traces", content=body, headers=sent)


def exports(publisher: MemoryPublisher) -> list[TraceExport]:
    messages = [message for _, message in publisher.published(TRACES)]
    assert all(isinstance(message, TraceExport) for message in messages)
    return messages  # type: ignore[return-value]


def test_a_body_is_published_as_it_came(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    answer = post(client, BODY)
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROTOBUF)
    parsed = ExportTraceServiceResponse.FromString(answer.content)
    assert not parsed.HasField("partial_success")
    [(key, message)] = publisher.published(TRACES)
    assert key == TRACE.hex()
    assert message == TraceExport(body=BODY, tenant="default", encoding="protobuf")


def test_json_is_published_as_json_and_says_which_spans_are_odd(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    answer = post(client, JSON_BODY, "application/json; charset=utf-8")
    partial = answer.json()["partialSuccess"]
    assert answer.status_code == 200
    assert partial["rejectedSpans"] == "2"
    assert "span id" in partial["errorMessage"]
    [message] = exports(publisher)
    assert (message.body, message.encoding) == (JSON_BODY, "json")
    assert read_export(message.body, message.encoding).rejected == 2


def test_an_odd_span_does_not_cost_the_others(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    answer = post(client, export_request(2, odd=3).SerializeToString())
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_spans == 3
    assert partial.error_message == "a span id has 8 bytes, not all of them zero"
    assert len(exports(publisher)) == 1


def test_gzip_is_unzipped_before_kafka(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    twice = gzip.compress(BODY[:50]) + gzip.compress(BODY[50:])
    for zipped in (gzip.compress(BODY), twice):
        assert post(client, zipped, content_encoding="gzip").status_code == 200
    assert [message.body for message in exports(publisher)] == [BODY, BODY]


def test_an_empty_request_is_fine_and_publishes_nothing(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    assert post(client, b"").status_code == 200
    assert post(client, b"{}", "application/json").json() == {}
    assert exports(publisher) == []


def test_too_large_for_a_message_is_divided(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    request = export_request(100, attribute="x" * 100_000, resource="mine")
    body = request.SerializeToString()
    assert TRACES.max_bytes < len(body) < MAX_BODY
    assert post(client, body).status_code == 200
    parts = exports(publisher)
    assert len(parts) == 3
    spans = [s for part in parts for s in read_export(part.body, "protobuf").spans]
    assert spans == read_export(body, "protobuf").spans


def test_a_span_that_fits_into_no_message_is_counted(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    request = export_request(1, attribute="x" * (TRACES.max_bytes + 1))
    request.MergeFrom(export_request(1, trace=b"a" * 16))
    answer = post(client, request.SerializeToString())
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_spans == 1
    assert str(TRACES.max_bytes) in partial.error_message
    [part] = exports(publisher)
    [span] = read_export(part.body, "protobuf").spans
    assert span.trace_id == (b"a" * 16).hex()


BOMB = gzip.compress(b"\0" * (MAX_BODY + 1))
GZIP = {"content_encoding": "gzip"}
REFUSED: list[tuple[bytes, dict[str, Any], int, str]] = [
    (b"\xff", {}, 400, "no OTLP export request"),
    (export_request(0, odd=1).SerializeToString(), {}, 400, "nothing can be read"),
    (gzip.compress(BODY)[:-9], GZIP, 400, "cut off"),
    (BODY, GZIP, 400, "no gzip"),
    (b"x" * (MAX_BODY + 1), {}, 413, "as it is sent"),
    (b"x" * (MAX_ZIPPED + 1), GZIP, 413, "sent"),
    (BOMB, GZIP, 413, "unzipped"),
    (zlib.compress(BODY), {"content_encoding": "deflate"}, 415, "gzip"),
]


@pytest.mark.parametrize(
    ("body", "headers", "status", "why"), REFUSED, ids=[line[3] for line in REFUSED]
)
def test_refusals_are_statuses_of_google_rpc(
    client: TestClient, body: bytes, headers: dict[str, str], status: int, why: str
) -> None:
    answer = post(client, body, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROTOBUF)
    parsed = Status.FromString(answer.content)
    assert why in parsed.message
    assert parsed.code == {400: 3, 413: 8, 415: 3}[status]


JSON_REFUSED = [
    b"[1]",
    b"nothing",
    b'{"resourceSpans": 3}',
    b'{"resourceSpans": [3]}',
    b'{"resourceSpans": [{"scopeSpans": [{"spans": 7}]}]}',
    b'{"a":' * 100_000,
    b"\xff",
]


@pytest.mark.parametrize("body", JSON_REFUSED, ids=lambda body: body[:40].decode("l1"))
def test_refusals_of_json_are_json(client: TestClient, body: bytes) -> None:
    answer = post(client, body, "application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == 3
    assert "no OTLP export request in JSON" in answer.json()["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/grpc", ""])
def test_other_types_are_refused(client: TestClient, kind: str) -> None:
    answer = post(client, BODY, kind)
    assert answer.status_code == 415
    assert PROTOBUF in answer.json()["message"]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (UnavailableError("Kafka does not answer", 7), 503),
        (QueueFullError("too many messages wait", 7), 429),
    ],
)
def test_what_kafka_does_not_take_is_to_be_sent_again(
    client: TestClient, publisher: MemoryPublisher, failure: Exception, status: int
) -> None:
    publisher.failure = failure
    answer = post(client, BODY)
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "7"
    assert Status.FromString(answer.content).message == str(failure)
