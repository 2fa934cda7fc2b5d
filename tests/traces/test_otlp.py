"""OTLP requests in JSON: ids in hexadecimal digits, and odd spans one by one."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from support.otlp import TRACE, export_request

from pilotfish.schemas.errors import SchemaError
from pilotfish.traces.otlp import read_export

SPAN = {"traceId": TRACE.hex(), "spanId": "00000000000000ff", "name": "a span"}


def as_otlp_json(spans: int) -> bytes:
    """Return a request as OpenTelemetry's exporters write it in JSON."""
    data: Any = MessageToDict(export_request(spans, attribute="text", resource="r"))
    [batch] = data["resourceSpans"]
    for number, span in enumerate(batch["scopeSpans"][0]["spans"]):
        span |= {"traceId": TRACE.hex(), "spanId": f"{number + 1:016x}"}
        span["links"] = [{"traceId": TRACE.hex(), "spanId": "00000000000000ff"}]
    return json.dumps(data).encode()


def body(*spans: object) -> bytes:
    scopes = [{"scope": {"name": "test"}, "spans": spans}]
    return json.dumps({"resourceSpans": [{"scopeSpans": scopes}]}).encode()


def test_json_and_protobuf_are_the_same_spans() -> None:
    protobuf = export_request(3, attribute="text", resource="r").SerializeToString()
    assert read_export(as_otlp_json(3), "json") == read_export(protobuf, "protobuf")


@pytest.mark.parametrize(
    "odd",
    [
        7,
        None,
        "span",
        [],
        {},
        SPAN | {"traceId": "xyz"},
        SPAN | {"traceId": "00" * 16},
        SPAN | {"spanId": ""},
        SPAN | {"startTimeUnixNano": "soon"},
        SPAN | {"attributes": 7},
        SPAN | {"attributes": [{"key": 7}]},
        SPAN | {"links": [{"spanId": 7}]},
    ],
)
def test_an_odd_span_costs_itself_alone(odd: object) -> None:
    export = read_export(body(SPAN, odd, SPAN | {"unknown": 1}), "json")
    assert [span.name for span in export.spans] == ["a span", "a span"]
    assert (export.rejected, bool(export.reason)) == (1, True)


@pytest.mark.parametrize(
    "whole", [b"", b"[]", b"7", b'{"resourceSpans": [7]}', b"[" * 100_000]
)
def test_what_is_no_request_is_an_error(whole: bytes) -> None:
    with pytest.raises(SchemaError, match="no OTLP export request in JSON"):
        read_export(whole, "json")
