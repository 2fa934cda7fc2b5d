"""Export requests: what is read, what costs a span, and what is no request."""

import base64
import contextlib
import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.traces import Encoding
from pilotfish.traces.otlp import read_export
from pilotfish.traces.otlp_bound import MOST
from pilotfish.traces.span import Span

TRACE_ID = "5B8EFFF798038103D269B633813FC60C"
SPAN_ID = "EEE19B7EC3C1B174"
NANO = 1_780_000_000_000_000_000


def proto_span(**more: Any) -> ProtoSpan:
    fields: dict[str, Any] = {
        "trace_id": bytes.fromhex(TRACE_ID),
        "span_id": bytes.fromhex(SPAN_ID),
        "name": "chat",
        "start_time_unix_nano": NANO,
        "end_time_unix_nano": NANO + 1_500_000,
    }
    return ProtoSpan(**{**fields, **more})


def protobuf(*spans: ProtoSpan) -> bytes:
    request = ExportTraceServiceRequest()
    scoped = request.resource_spans.add().scope_spans.add()
    scoped.scope.name = "tests"
    scoped.spans.extend(spans)
    return request.SerializeToString()


def json_span(**more: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE_ID,
        "spanId": SPAN_ID,
        "name": "chat",
        "startTimeUnixNano": str(NANO),
        "endTimeUnixNano": str(NANO + 1_500_000),
        **more,
    }


def in_json(*spans: Any) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def only(body: bytes) -> Span:
    (span,) = read_export(body, "json").spans
    return span


def attribute(value: Any) -> Any:
    pairs = [{"key": "a", "value": value}]
    return only(in_json(json_span(attributes=pairs))).attributes["a"]


def test_json_and_protobuf_are_read_alike() -> None:
    values = [
        AnyValue(string_value="x"),
        AnyValue(int_value=2**62),
        AnyValue(bool_value=True),
        AnyValue(double_value=0.5),
        AnyValue(bytes_value=b"\x00\xff"),
        AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=0)])),
        AnyValue(),
    ]
    span = proto_span(
        parent_span_id=b"12345678",
        attributes=[KeyValue(key=str(i), value=v) for i, v in enumerate(values)],
        status=Status(code=Status.STATUS_CODE_ERROR, message="no"),
        flags=0x301,
    )
    span.events.add(name="exception", time_unix_nano=NANO)
    written = MessageToDict(ExportTraceServiceRequest.FromString(protobuf(span)))
    read = written["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    for name in ("traceId", "spanId", "parentSpanId"):
        read[name] = base64.b64decode(read[name]).hex().upper()
    body = json.dumps(written).encode()
    assert read_export(body, "json") == read_export(protobuf(span), "protobuf")
    (span_read,) = read_export(body, "json").spans
    assert span_read.trace_id == TRACE_ID.lower()
    assert span_read.remote_parent and span_read.status == "error"
    assert span_read.attributes["1"] == 2**62 and span_read.attributes["6"] is None


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"traceId": ""}, "trace id"),
        ({"traceId": "0" * 32}, "trace id"),
        ({"traceId": TRACE_ID[:-1] + "g"}, "trace id"),
        ({"traceId": 7}, "trace id"),
        ({"spanId": SPAN_ID[:-2]}, "span id"),
        ({"spanId": "0" * 16}, "span id"),
        ({"parentSpanId": "12"}, "parent"),
        ({"startTimeUnixNano": None}, "2020 to 2099"),
        ({"endTimeUnixNano": 0}, "2020 to 2099"),
        ({"startTimeUnixNano": "1", "endTimeUnixNano": "2"}, "2020 to 2099"),
        ({"startTimeUnixNano": 10**30, "endTimeUnixNano": 10**30}, "2020 to 2099"),
        ({"startTimeUnixNano": "soon"}, "2020 to 2099"),
    ],
)
def test_an_odd_span_costs_itself(odd: dict[str, Any], reason: str) -> None:
    export = read_export(in_json(json_span(**odd), json_span(), "x"), "json")
    assert len(export.spans) == 1 and export.rejected == 2
    assert reason in export.reason


@pytest.mark.parametrize(
    "odd",
    [
        {"trace_id": b"short"},
        {"span_id": bytes(8)},
        {"parent_span_id": b"123"},
        {"end_time_unix_nano": 0},
        {"start_time_unix_nano": 2**64 - 1},
    ],
)
def test_an_odd_span_in_protobuf_costs_itself(odd: dict[str, Any]) -> None:
    export = read_export(protobuf(proto_span(**odd), proto_span()), "protobuf")
    assert len(export.spans) == 1 and export.rejected == 1 and export.reason


def test_a_clock_that_was_set_back_costs_the_duration() -> None:
    back = json_span(endTimeUnixNano=str(NANO - 10**9))
    span = only(in_json(back))
    assert span.end_us == span.start_us


@pytest.mark.parametrize("code", [2, "2", "STATUS_CODE_ERROR"], ids=repr)
def test_enums_are_numbers_or_names(code: Any) -> None:
    assert only(in_json(json_span(status={"code": code}))).status == "error"


@pytest.mark.parametrize("code", [None, 7, "x", [], {}])
def test_an_odd_status_costs_itself(code: Any) -> None:
    assert only(in_json(json_span(status={"code": code}))).status == "unset"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"intValue": "12"}, 12),
        ({"intValue": 12}, 12),
        ({"intValue": "0"}, 0),
        ({"intValue": "x"}, None),
        ({"doubleValue": "NaN"}, None),
        ({"doubleValue": 1}, 1.0),
        ({"boolValue": "x"}, None),
        ({"stringValue": "\ud800"}, "?"),
        ({"arrayValue": {"values": [{"intValue": 1}, 3]}}, [1, None]),
        ({"arrayValue": 3}, None),
        (
            {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}},
            {"k": 1},
        ),
        ({"newValue": 1}, None),
        ("x", None),
    ],
)
def test_an_odd_value_costs_itself(value: Any, read: Any) -> None:
    assert attribute(value) == read


def test_a_parent_of_zeros_is_none() -> None:
    assert only(in_json(json_span(parentSpanId="0" * 16))).parent_id == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe\xfd",
        b'{"resourceSpans": ' + b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"resourceSpans": 1' + b"0" * 5000 + b"}",
    ],
)
def test_what_is_no_json_request_is_told(body: bytes) -> None:
    with pytest.raises(SchemaError, match="no OTLP export request in JSON"):
        read_export(body, "json")


def test_deeply_nested_values_are_cut_off() -> None:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(200):
        value = {"arrayValue": {"values": [value]}}
    assert len(json.dumps(attribute(value))) < 300


def test_what_is_no_protobuf_request_is_told() -> None:
    whole = protobuf(proto_span())
    for body in (whole[:-3], b"\xff" * 40, b"{}"):
        with pytest.raises(SchemaError, match="protobuf"):
            read_export(body, "protobuf")


@given(st.binary(max_size=200), st.sampled_from(["json", "protobuf"]))
def test_any_bytes_are_read_or_refused(body: bytes, encoding: Any) -> None:
    with contextlib.suppress(SchemaError):
        read_export(body, encoding)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["traceId", "name", "startTimeUnixNano", "status", "attributes", "events", "flags"]
)


@given(st.lists(st.dictionaries(FIELDS, VALUES), max_size=3))
def test_any_json_spans_are_read_or_counted(odd: list[dict[str, Any]]) -> None:
    spans = [json_span(**fields) for fields in odd]
    export = read_export(in_json(*spans), "json")
    assert len(export.spans) + export.rejected == len(spans)


def nothing(how_many: int) -> list[tuple[bytes, Encoding]]:
    """Return requests of that many empty parts, a few bytes each."""
    spans = {"spans": [{}] * how_many}
    events = {"spans": [{"events": [{}] * how_many}]}
    scopes = {"scopeSpans": [{}] * how_many}
    in_json = [
        {"resourceSpans": [{"scopeSpans": [spans]}]},
        {"resourceSpans": [{"scopeSpans": [events]}]},
        {"resourceSpans": [scopes]},
        {"resourceSpans": [{}] * how_many},
    ]
    in_protobuf = [ExportTraceServiceRequest() for _ in range(4)]
    for _ in range(how_many):
        in_protobuf[0].resource_spans.add()
    in_protobuf[1].resource_spans.add().scope_spans.extend([ScopeSpans()] * how_many)
    scoped = in_protobuf[2].resource_spans.add().scope_spans.add()
    scoped.spans.extend([ProtoSpan()] * how_many)
    scoped = in_protobuf[3].resource_spans.add().scope_spans.add()
    scoped.spans.add().events.extend([ProtoSpan.Event()] * how_many)
    return [
        *((json.dumps(request).encode(), "json") for request in in_json),
        *((request.SerializeToString(), "protobuf") for request in in_protobuf),
    ]


@pytest.mark.parametrize("number", range(8))
def test_a_request_holds_so_many_parts_at_most(number: int) -> None:
    """Sixteen megabytes of them would take a minute, and two gigabytes."""
    body, encoding = nothing(MOST + 1)[number]
    with pytest.raises(SchemaError, match=f"at most {MOST}"):
        read_export(body, encoding)
    body, encoding = nothing(100)[number]
    assert read_export(body, encoding).spans == []
