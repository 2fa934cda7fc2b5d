"""Log records: which are evaluations, and the spans that these become."""

import base64
import contextlib
import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from support.otlp_logs import AT_NS, EVENT, evaluation, log_request

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.traces import Encoding
from pilotfish.traces.log_records import evaluations_in
from pilotfish.traces.otlp import read_export
from pilotfish.traces.responses import trace_of_response
from pilotfish.traces.span import Span

TRACE, SPAN = bytes(range(1, 17)), bytes(range(1, 9))


def spans(body: bytes, encoding: Encoding = "protobuf") -> tuple[list[Span], int]:
    found = evaluations_in(body, encoding)
    export = read_export(found.body, encoding)
    assert not export.rejected, export.reason
    return export.spans, found.ignored


def as_json(body: bytes) -> bytes:
    """Return a request in OTLP's JSON: ids are in hexadecimal digits."""
    data: dict[str, Any] = MessageToDict(ExportLogsServiceRequest.FromString(body))
    for record in data["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        for name in {"traceId", "spanId"} & record.keys():
            record[name] = base64.b64decode(record[name]).hex().upper()
    return json.dumps(data).encode()


def test_an_evaluation_is_a_span_below_the_one_it_is_about() -> None:
    [span], ignored = spans(log_request(evaluation(TRACE, SPAN, 0.25), LogRecord()))
    assert (span.name, span.trace_id, span.parent_id) == (
        EVENT,
        TRACE.hex(),
        SPAN.hex(),
    )
    assert span.start_us == span.end_us == AT_NS // 1000
    assert span.attributes["gen_ai.evaluation.score.value"] == 0.25
    assert (span.scope, span.is_root, ignored) == ("judge", False, 1)


def test_json_and_protobuf_give_the_same_spans() -> None:
    body = log_request(evaluation(TRACE, SPAN), evaluation(TRACE), LogRecord())
    assert spans(as_json(body), "json") == spans(body)


def test_an_evaluation_of_a_whole_trace_is_no_root() -> None:
    [span], _ = spans(log_request(evaluation(TRACE)))
    assert not span.is_root


def test_the_same_evaluation_has_the_same_id_and_another_one_another() -> None:
    body = log_request(
        evaluation(TRACE, SPAN),
        evaluation(TRACE, SPAN, time_unix_nano=AT_NS + 10**9),
        evaluation(TRACE, SPAN, score=0.5),
        evaluation(TRACE),
    )
    first, again, *others = [span.span_id for span in spans(body)[0]]
    assert first == again
    assert len({first, *others}) == 3


def test_an_event_may_be_named_in_an_attribute() -> None:
    named = KeyValue(key="event.name", value=AnyValue(string_value=EVENT))
    record = evaluation(TRACE, SPAN, event_name="")
    assert spans(log_request(record)) == ([], 1)
    record.attributes.append(named)
    assert len(spans(log_request(record))[0]) == 1
    assert len(spans(as_json(log_request(record)), "json")[0]) == 1


def test_a_record_without_a_time_was_made_when_it_was_observed() -> None:
    record = evaluation(TRACE, time_unix_nano=0, observed_time_unix_nano=AT_NS)
    for [span], _ in (
        spans(log_request(record)),
        spans(as_json(log_request(record)), "json"),
    ):
        assert span.start_us == AT_NS // 1000


def test_what_pilotfish_said_is_not_read_again() -> None:
    own = AnyValue(string_value="pilotfish.p_success")
    named = KeyValue(key="gen_ai.evaluation.name", value=own)
    body = log_request(evaluation(TRACE, SPAN, attributes=[named]))
    assert spans(body) == spans(as_json(body), "json") == ([], 1)


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("trace", [b"", b"short", bytes(16)])
def test_an_evaluation_that_names_no_trace_is_rejected(
    trace: bytes, encoding: Encoding
) -> None:
    body = log_request(evaluation(trace), evaluation(TRACE))
    found = evaluations_in(as_json(body) if encoding == "json" else body, encoding)
    export = read_export(found.body, encoding)
    assert (len(export.spans), export.rejected) == (1, 1)
    assert "trace id" in export.reason


@pytest.mark.parametrize("trace", [b"", bytes(16)])
def test_without_a_trace_it_is_kept_for_the_response_that_it_names(
    trace: bytes,
) -> None:
    body = log_request(
        evaluation(trace, response="r1"),
        evaluation(trace, response="r1"),
        evaluation(trace, response="r2"),
        evaluation(TRACE, response="r1"),
    )
    first, again, other, named = spans(body)[0]
    assert first.trace_id == trace_of_response("r1") == again.trace_id
    assert first.span_id == again.span_id and not first.is_root
    assert other.trace_id == trace_of_response("r2")
    assert named.trace_id == TRACE.hex()
    assert spans(as_json(body), "json") == spans(body)


def test_a_judge_s_span_may_judge_many_responses_alike() -> None:
    told = [evaluation(TRACE, SPAN, response=f"r{number}") for number in range(3)]
    assert len({span.span_id for span in spans(log_request(*told))[0]}) == 3


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"\xff", "protobuf"),
        (b"[]", "json"),
        (b'{"resourceLogs": 3}', "json"),
        (b'{"resourceLogs": [{"scopeLogs": [{"logRecords": 7}]}]}', "json"),
    ],
)
def test_what_is_no_request_is_told(body: bytes, encoding: Encoding) -> None:
    with pytest.raises(SchemaError, match="no OTLP export request"):
        evaluations_in(body, encoding)


@pytest.mark.parametrize("odd", [7, "x", None, [], {"attributes": 3, "eventName": {}}])
def test_an_odd_record_is_ignored(odd: Any) -> None:
    scopes = [{"logRecords": [odd], "scope": 3}]
    body = json.dumps({"resourceLogs": [{"resource": 7, "scopeLogs": scopes}]}).encode()
    assert spans(body, "json") == ([], 1)


@given(st.binary(max_size=200), st.sampled_from(["json", "protobuf"]))
def test_any_bytes_are_read_or_refused(body: bytes, encoding: Any) -> None:
    with contextlib.suppress(SchemaError):
        evaluations_in(body, encoding)


def json_record(**more: Any) -> bytes:
    record = {"eventName": EVENT, "traceId": TRACE.hex(), "timeUnixNano": str(AT_NS)}
    scopes = [{"logRecords": [{**record, **more}]}]
    return json.dumps({"resourceLogs": [{"scopeLogs": scopes}]}).encode()


@pytest.mark.parametrize("odd", ["\ud800", 7, None, [], "x" * 32])
def test_an_odd_id_costs_its_evaluation(odd: Any) -> None:
    found = evaluations_in(json_record(traceId=odd), "json")
    export = read_export(found.body, "json")
    assert (export.spans, export.rejected) == ([], 1)


def test_deeply_nested_values_are_read_or_refused() -> None:
    record = json_record(attributes=[{"key": "a", "value": "HERE"}]).decode()
    for depth in range(50, 350):
        value = '{"arrayValue":{"values":[' * depth + "1" + "]}}" * depth
        with contextlib.suppress(SchemaError):
            evaluations_in(record.replace('"HERE"', value).encode(), "json")
