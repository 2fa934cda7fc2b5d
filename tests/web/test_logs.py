"""Log records in, evaluations among them out as spans."""

import gzip
import json

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from starlette.testclient import TestClient
from support.memory_publisher import MemoryPublisher
from support.otlp import TRACE
from support.otlp_logs import EVENT, evaluation, log_request

from pilotfish.runtime.service.metrics import LOG_RECORDS
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import TraceExport
from pilotfish.traces.otlp import read_export

PATH, PROTOBUF = "/v1/logs", {"content-type": "application/x-protobuf"}


def test_an_evaluation_is_published_and_the_rest_is_not(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    ignored = LOG_RECORDS.labels("ignored")._value.get()
    body = log_request(LogRecord(), evaluation(TRACE), LogRecord())
    answer = client.post(PATH, content=body, headers=PROTOBUF)
    assert (answer.status_code, answer.content) == (200, b"")
    [(key, message)] = publisher.published(TRACES)
    assert key == TRACE.hex() and isinstance(message, TraceExport)
    [span] = read_export(message.body, message.encoding).spans
    assert (span.name, span.trace_id) == (EVENT, TRACE.hex())
    assert LOG_RECORDS.labels("ignored")._value.get() == ignored + 2


def test_other_log_records_are_accepted_and_not_kept(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    zipped = gzip.compress(log_request(LogRecord(severity_text="INFO")))
    headers = {**PROTOBUF, "content-encoding": "gzip"}
    assert client.post(PATH, content=zipped, headers=headers).status_code == 200
    assert client.post(PATH, json={"resourceLogs": []}).json() == {}
    assert publisher.published(TRACES) == []


def test_an_evaluation_without_a_trace_is_told(client: TestClient) -> None:
    body = log_request(evaluation(TRACE), evaluation(b""))
    answer = client.post(PATH, content=body, headers=PROTOBUF)
    partial = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_log_records == 1 and "trace id" in partial.error_message
    only = client.post(PATH, content=log_request(evaluation(b"")), headers=PROTOBUF)
    assert only.status_code == 400
    assert "nothing can be read" in Status.FromString(only.content).message


def test_json_comes_in_as_json(client: TestClient, publisher: MemoryPublisher) -> None:
    record = {
        "traceId": TRACE.hex(),
        "eventName": EVENT,
        "timeUnixNano": "18" + "0" * 17,
    }
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {}]}]}]}
    assert client.post(PATH, json=body).json() == {}
    [(_, message)] = publisher.published(TRACES)
    assert isinstance(message, TraceExport) and message.encoding == "json"
    [given] = json.loads(message.body)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert given["traceId"] == TRACE.hex()


def test_many_evaluations_are_divided(
    client: TestClient, publisher: MemoryPublisher
) -> None:
    records = [
        evaluation(TRACE, severity_text="x" * 90, score=i) for i in range(60_000)
    ]
    body = log_request(*records)
    assert len(body) > TRACES.max_bytes
    assert client.post(PATH, content=body, headers=PROTOBUF).status_code == 200
    parts = [m for _, m in publisher.published(TRACES) if isinstance(m, TraceExport)]
    assert len(parts) > 1
    assert sum(len(read_export(p.body, "protobuf").spans) for p in parts) == 60_000


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"\xff", PROTOBUF["content-type"], 400), (b"", "text/plain", 415)],
)
def test_refusals_are_statuses_of_google_rpc(
    client: TestClient, body: bytes, kind: str, status: int
) -> None:
    answer = client.post(PATH, content=body, headers={"content-type": kind})
    assert answer.status_code == status


def test_a_token_is_asked_for(guarded: TestClient) -> None:
    answer = guarded.post(
        PATH, content=log_request(evaluation(TRACE)), headers=PROTOBUF
    )
    assert answer.status_code == 401
