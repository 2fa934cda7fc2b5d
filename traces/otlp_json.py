"""Reads OTLP export requests in JSON.

OTLP writes ids in hexadecimal digits, where protobuf's own JSON has base64, and 64-bit
integers as texts. Enums are numbers; their names are read, too. A field that is odd is
left out, and a span without usable ids or times.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from pydantic import JsonValue

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.texts import encodable
from pilotfish.traces.span import (
    STATUS,
    Span,
    SpanEvent,
    SpanStatus,
    checked,
    end_us,
    has_remote_parent,
)

Fields = dict[str, JsonValue]

_DEEPEST: Final = 64
"""Levels of nested values that are read."""
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
        SchemaError: the body is no export request.
    """
    for batch in _listed(_request(body), "resourceSpans"):
        resource = _attributes(_object(_required(batch), "resource"))
        for scoped in _listed(_required(batch), "scopeSpans"):
            scope = _text(_object(_required(scoped), "scope").get("name"))
            for span in _listed(_required(scoped), "spans"):
                if isinstance(span, dict):
                    yield checked(_span(span, resource, scope))
                else:
                    yield SchemaError(_NO_OBJECT)


def _request(body: bytes) -> Fields:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{_NO_REQUEST}: {error}") from error
    return _required(request)


def _required(value: JsonValue) -> Fields:
    if not isinstance(value, dict):
        raise SchemaError(f"{_NO_REQUEST}: an object is missing")
    return value


def _listed(fields: Fields, name: str) -> list[JsonValue]:
    values = fields.get(name) or []
    if not isinstance(values, list):
        raise SchemaError(f"{_NO_REQUEST}: {name} is no list")
    return values


def _span(span: Fields, resource: Fields, scope: str) -> Span:
    status = _object(span, "status")
    start_us = _whole(span.get("startTimeUnixNano")) // 1000
    return Span(
        trace_id=_id(span.get("traceId")),
        span_id=_id(span.get("spanId")),
        parent_id=_parent_id(span.get("parentSpanId")),
        name=_text(span.get("name")),
        start_us=start_us,
        end_us=end_us(start_us, _whole(span.get("endTimeUnixNano"))),
        status=_status(status.get("code")),
        status_message=_text(status.get("message")),
        attributes=_attributes(span),
        resource=resource,
        scope=scope,
        events=tuple(
            SpanEvent(
                _text(event.get("name")),
                _whole(event.get("timeUnixNano")) // 1000,
                _attributes(event),
            )
            for event in _objects(span, "events")
        ),
        remote_parent=has_remote_parent(_whole(span.get("flags"))),
    )


def _objects(fields: Fields, name: str) -> list[Fields]:
    values = fields.get(name)
    if not isinstance(values, list):
        return []
    return [value for value in values if isinstance(value, dict)]


def _object(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: JsonValue) -> str:
    return encodable(value) if isinstance(value, str) else ""


def _id(value: JsonValue) -> str:
    return value.lower() if isinstance(value, str) else ""


def _parent_id(value: JsonValue) -> str:
    parent_id = _id(value)
    return parent_id if parent_id.strip("0") else ""


def _whole(value: JsonValue) -> int:
    """Return an integer that is given as a number or as text; 0 if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    try:
        return int(value)
    except (ValueError, OverflowError):
        return 0


def _status(code: JsonValue) -> SpanStatus:
    if isinstance(code, str) and code in _STATUS_NAMES:
        return _STATUS_NAMES[code]
    return STATUS.get(_whole(code), "unset")


def _attributes(fields: Fields, name: str = "attributes", depth: int = 0) -> Fields:
    return {
        _text(pair.get("key")): _value(pair.get("value"), depth)
        for pair in _objects(fields, name)
    }


def _value(value: JsonValue, depth: int) -> JsonValue:
    """Return what an AnyValue holds; None if it is odd, or nested too deep."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    for kind, read in _VALUES.items():
        if kind in value:
            return read(value[kind], depth + 1)
    return None


def _array(value: Any, depth: int) -> JsonValue:
    listed = value.get("values") if isinstance(value, dict) else None
    return [_value(v, depth) for v in listed] if isinstance(listed, list) else None


def _double(value: Any, depth: int) -> JsonValue:
    del depth
    try:
        read = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def _integer(value: Any, depth: int) -> JsonValue:
    del depth
    return _whole(value) if _whole(value) or str(value).strip() == "0" else None


_VALUES: Final[dict[str, Callable[[Any, int], JsonValue]]] = {
    "stringValue": lambda value, _: _text(value),
    "intValue": _integer,
    "boolValue": lambda value, _: value if isinstance(value, bool) else None,
    "doubleValue": _double,
    "arrayValue": _array,
    "kvlistValue": lambda value, depth: (
        _attributes(value, "values", depth) if isinstance(value, dict) else None
    ),
    "bytesValue": lambda value, _: _text(value),
}
