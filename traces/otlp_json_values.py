"""Fields of OTLP in JSON: what is odd is empty, 0 or None."""

import math
from collections.abc import Callable
from typing import Any, Final

from pydantic import JsonValue

from pilotfish.schemas.texts import encodable

Fields = dict[str, JsonValue]

_DEEPEST: Final = 64
"""Levels of nested values that are read."""


def objects(fields: Fields, name: str) -> list[Fields]:
    """Return the objects of a list in a field; none if it is no list."""
    values = fields.get(name)
    if not isinstance(values, list):
        return []
    return [value for value in values if isinstance(value, dict)]


def object_of(fields: Fields, name: str) -> Fields:
    """Return the object in a field; an empty one if it is none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def text(value: JsonValue) -> str:
    """Return a text; empty if it is none."""
    return encodable(value) if isinstance(value, str) else ""


def id_of(value: JsonValue) -> str:
    """Return an id in small digits; empty if it is no text."""
    return value.lower() if isinstance(value, str) else ""


def parent_id_of(value: JsonValue) -> str:
    """Return the id of a parent span; zeros stand for none."""
    parent_id = id_of(value)
    return parent_id if parent_id.strip("0") else ""


def whole(value: JsonValue) -> int:
    """Return an integer that is given as a number or as text; 0 if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    try:
        return int(value)
    except (ValueError, OverflowError):
        return 0


def attributes(fields: Fields, name: str = "attributes", depth: int = 0) -> Fields:
    """Return the attributes in a field; None stands for what is odd, or nested too deep."""
    return {
        text(pair.get("key")): _value(pair.get("value"), depth)
        for pair in objects(fields, name)
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
    return whole(value) if whole(value) or str(value).strip() == "0" else None


_VALUES: Final[dict[str, Callable[[Any, int], JsonValue]]] = {
    "stringValue": lambda value, _: text(value),
    "intValue": _integer,
    "boolValue": lambda value, _: value if isinstance(value, bool) else None,
    "doubleValue": _double,
    "arrayValue": _array,
    "kvlistValue": lambda value, depth: (
        attributes(value, "values", depth) if isinstance(value, dict) else None
    ),
    "bytesValue": lambda value, _: text(value),
}
