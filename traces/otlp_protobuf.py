"""Reads OTLP export requests in protobuf."""

import base64
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from pydantic import JsonValue

from pilotfish.schemas.errors import SchemaError
from pilotfish.traces.otlp_bound import Bound
from pilotfish.traces.span import (
    STATUS,
    Span,
    SpanEvent,
    checked,
    end_us,
    has_remote_parent,
)


def spans(body: bytes) -> Iterator[Span | SchemaError]:
    """Yield the spans of an export request, and what is wrong with each that is odd.

    Raises:
        SchemaError: the body is no export request, or holds too much.
    """
    bound = Bound()
    for batch in bound.within(_request(body).resource_spans):
        resource = attributes(batch.resource.attributes)
        for scoped in bound.within(batch.scope_spans):
            for span in bound.within(scoped.spans):
                bound.within(span.events)
                yield checked(_span(span, resource, scoped.scope.name))


def _request(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise SchemaError(
            "the body is no OTLP export request in protobuf: it is cut, or something else"
        ) from error


def _span(span: ProtoSpan, resource: dict[str, JsonValue], scope: str) -> Span:
    start_us = span.start_time_unix_nano // 1000
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() if any(span.parent_span_id) else "",
        name=span.name,
        start_us=start_us,
        end_us=end_us(start_us, span.end_time_unix_nano),
        status=STATUS.get(span.status.code, "unset"),
        status_message=span.status.message,
        attributes=attributes(span.attributes),
        resource=resource,
        scope=scope,
        events=tuple(
            SpanEvent(e.name, e.time_unix_nano // 1000, attributes(e.attributes))
            for e in span.events
        ),
        remote_parent=has_remote_parent(span.flags),
    )


def attributes(pairs: Iterable[KeyValue]) -> dict[str, JsonValue]:
    """Return attributes as JSON has them."""
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> JsonValue:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    plain: JsonValue = getattr(value, kind)
    read = _VALUES.get(kind)
    return plain if read is None else read(plain)


_VALUES: Final[dict[str, Callable[[Any], JsonValue]]] = {
    "array_value": lambda value: [_value(item) for item in value.values],
    "bytes_value": lambda value: base64.b64encode(value).decode(),
    "double_value": lambda value: value if math.isfinite(value) else None,
    "kvlist_value": lambda value: attributes(value.values),
}
"""The values that JSON does not have as they are."""
