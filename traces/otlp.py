"""Reads OTLP export requests, in protobuf and in JSON."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from pydantic import JsonValue

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.traces import Encoding
from pilotfish.traces.span import Span, SpanEvent, SpanStatus

_STATUS: Final[dict[int, SpanStatus]] = {0: "unset", 1: "ok", 2: "error"}


class Export(NamedTuple):
    """The spans of one export request.

    Args:
        spans: those that can be read.
        rejected: how many cannot.
        reason: why the first of them cannot; empty if none.
    """

    spans: list[Span]
    rejected: int
    reason: str


def read_export(body: bytes, encoding: Encoding) -> Export:
    """Read an export request; a span that is odd is left out, and counted.

    Raises:
        SchemaError: the body is no export request.
    """
    request = _from_json(body) if encoding == "json" else _from_protobuf(body)
    spans: list[Span] = []
    rejected, reason = 0, ""
    for batch in request.resource_spans:
        resource = _attributes(batch.resource.attributes)
        for scoped in batch.scope_spans:
            for span in scoped.spans:
                problem = _problem(span)
                if problem:
                    rejected, reason = rejected + 1, reason or problem
                else:
                    spans.append(_span(span, resource, scoped.scope.name))
    return Export(spans, rejected, reason)


def _from_protobuf(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise SchemaError("the body is no OTLP export request in protobuf") from error


def _from_json(body: bytes) -> ExportTraceServiceRequest:
    try:
        data = _with_base64_ids(json.loads(body))
        return ParseDict(data, ExportTraceServiceRequest(), ignore_unknown_fields=True)
    except (ParseError, ValueError, RecursionError, TypeError) as error:
        raise SchemaError(
            f"the body is no OTLP export request in JSON: {error}"
        ) from error


def _with_base64_ids(value: Any) -> Any:
    """Turn ids into protobuf's JSON: OTLP writes them in hexadecimal digits."""
    if isinstance(value, list):
        return [_with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _base64_id(item)
        if key in ("traceId", "spanId", "parentSpanId") and isinstance(item, str)
        else _with_base64_ids(item)
        for key, item in value.items()
    }


def _base64_id(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _problem(span: ProtoSpan) -> str:
    if len(span.trace_id) != 16 or not any(span.trace_id):
        return "a trace id has 16 bytes, not all of them zero"
    if len(span.span_id) != 8 or not any(span.span_id):
        return "a span id has 8 bytes, not all of them zero"
    return ""


def _span(span: ProtoSpan, resource: dict[str, JsonValue], scope: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=span.name,
        start_us=span.start_time_unix_nano // 1000,
        end_us=span.end_time_unix_nano // 1000,
        status=_STATUS.get(span.status.code, "unset"),
        status_message=span.status.message,
        attributes=_attributes(span.attributes),
        resource=resource,
        scope=scope,
        events=tuple(
            SpanEvent(e.name, e.time_unix_nano // 1000, _attributes(e.attributes))
            for e in span.events
        ),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, JsonValue]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> JsonValue:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    read = _VALUES.get(kind)
    plain: JsonValue = getattr(value, kind)
    return plain if read is None else read(plain)


_VALUES: Final[dict[str, Callable[[Any], JsonValue]]] = {
    "bytes_value": lambda value: base64.b64encode(value).decode(),
    "array_value": lambda value: [_value(item) for item in value.values],
    "kvlist_value": lambda value: _attributes(value.values),
}
"""The values that JSON does not have as they are."""
