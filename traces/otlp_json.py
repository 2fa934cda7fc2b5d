"""Reads OTLP export requests in JSON.

OTLP writes ids in hexadecimal digits, where protobuf's own JSON has base64, and 64-bit
integers as texts. Enums are numbers; their names are read, too. A field that is odd is
left out, and a span without usable ids or times.
"""

import json
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.errors import SchemaError
from pilotfish.traces.otlp_bound import Bound
from pilotfish.traces.otlp_json_values import (
    Fields,
    attributes,
    id_of,
    object_of,
    objects,
    parent_id_of,
    text,
    whole,
)
from pilotfish.traces.span import (
    STATUS,
    Span,
    SpanEvent,
    SpanStatus,
    checked,
    end_us,
    has_remote_parent,
)

_STATUS_NAMES: Final[dict[str, SpanStatus]] = {
    "STATUS_CODE_UNSET": "unset",
    "STATUS_CODE_OK": "ok",
    "STATUS_CODE_ERROR": "error",
}
_NO_REQUEST: Final = "the body is no OTLP export request in JSON"
_NO_OBJECT: Final = "a span of an OTLP export request is an object"


def spans(body: bytes) -> Iterator[Span | SchemaError]:
    """Yield the spans of an export request, and what is wrong with each that is odd.

    Raises:
        SchemaError: the body is no export request, or holds too much.
    """
    bound = Bound()
    for batch in bound.within(listed(request_of(body), "resourceSpans")):
        resource = attributes(object_of(required(batch), "resource"))
        for scoped in bound.within(listed(required(batch), "scopeSpans")):
            scope = text(object_of(required(scoped), "scope").get("name"))
            for span in bound.within(listed(required(scoped), "spans")):
                if isinstance(span, dict):
                    bound.within(objects(span, "events"))
                    yield checked(_span(span, resource, scope))
                else:
                    yield SchemaError(_NO_OBJECT)


def request_of(body: bytes) -> Fields:
    """Return an export request.

    Raises:
        SchemaError: the body is none.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{_NO_REQUEST}: {error}") from error
    return required(request)


def required(value: JsonValue) -> Fields:
    """Return an object without which the body is no export request.

    Raises:
        SchemaError: it is none.
    """
    if not isinstance(value, dict):
        raise SchemaError(f"{_NO_REQUEST}: an object is missing")
    return value


def listed(fields: Fields, name: str) -> list[JsonValue]:
    """Return the list in a field, which may be missing.

    Raises:
        SchemaError: it is none.
    """
    values = fields.get(name) or []
    if not isinstance(values, list):
        raise SchemaError(f"{_NO_REQUEST}: {name} is no list")
    return values


def _span(span: Fields, resource: Fields, scope: str) -> Span:
    status = object_of(span, "status")
    start_us = whole(span.get("startTimeUnixNano")) // 1000
    return Span(
        trace_id=id_of(span.get("traceId")),
        span_id=id_of(span.get("spanId")),
        parent_id=parent_id_of(span.get("parentSpanId")),
        name=text(span.get("name")),
        start_us=start_us,
        end_us=end_us(start_us, whole(span.get("endTimeUnixNano"))),
        status=_status(status.get("code")),
        status_message=text(status.get("message")),
        attributes=attributes(span),
        resource=resource,
        scope=scope,
        events=tuple(
            SpanEvent(
                text(event.get("name")),
                whole(event.get("timeUnixNano")) // 1000,
                attributes(event),
            )
            for event in objects(span, "events")
        ),
        remote_parent=has_remote_parent(whole(span.get("flags"))),
    )


def _status(code: JsonValue) -> SpanStatus:
    if isinstance(code, str) and code in _STATUS_NAMES:
        return _STATUS_NAMES[code]
    return STATUS.get(whole(code), "unset")
