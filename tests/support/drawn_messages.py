"""Messages drawn at random from their own JSON Schema, so that no field is left out."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.base import EARLIEST, LATEST, Message
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import FeedbackGiven, SignalRecorded
from pilotfish.schemas.json_schema import schema_of
from pilotfish.schemas.signals import FEEDBACK, p_success

WORDS = st.text("abcXYZ019_.:@/-", min_size=1, max_size=128)
TIMES = st.timedeltas(timedelta(0), LATEST - EARLIEST - timedelta(microseconds=1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def messages(kind: type[Message]) -> SearchStrategy[Message]:
    """Draw valid messages of a kind."""
    schema = schema_of(kind)
    drawn = _object(schema, schema.get("$defs", {}))
    if kind is HintGiven:
        drawn = drawn.map(_hint_or_abstention)
    if kind is AdviceRequested:
        drawn = drawn.map(_one_question)
    if kind in (SignalRecorded, FeedbackGiven):
        drawn = drawn.map(_readable)
    return drawn.map(kind.model_validate)


def _hint_or_abstention(data: dict[str, Any]) -> dict[str, Any]:
    """Say what no schema can say: a hint names an approach, or why it abstains."""
    reason = None if data.get("approach") else data.get("abstained") or "unsure"
    return data | {"abstained": reason}


def _one_question(data: dict[str, Any]) -> dict[str, Any]:
    """Say what no schema can say: steps and approaches are not in one request."""
    return data | {"approaches": {}} if data.get("steps") else data


def _readable(data: dict[str, Any]) -> dict[str, Any]:
    """Say what no schema can say: a value can be read in its unit, or on its scale."""
    scale, value = data.get("scale"), data.get("value")
    if isinstance(value, float) and isinstance(scale, list):
        value = min(max(value, min(scale)), max(scale))
    elif isinstance(value, float):
        value = min(max(value, 0.0), 1.0 if scale is None else scale)
    try:
        kind = data.get("kind", FEEDBACK)
        p_success(kind, value, tuple(scale) if isinstance(scale, list) else scale)
    except SchemaError:
        return data | {"value": None, "scale": None}
    return data | {"value": value}


def _of(schema: dict[str, Any], defs: dict[str, Any]) -> SearchStrategy[Any]:
    if "$ref" in schema:
        return _of(defs[schema["$ref"].removeprefix("#/$defs/")], defs)
    if "anyOf" in schema:
        return st.one_of([_of(choice, defs) for choice in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "type" not in schema:
        return JSON
    return _BY_TYPE[schema["type"]](schema, defs)


def _array(schema: dict[str, Any], defs: dict[str, Any]) -> SearchStrategy[Any]:
    fewest, most = schema.get("minItems", 0), min(schema.get("maxItems", 3), 3)
    return st.lists(_of(schema["items"], defs), min_size=fewest, max_size=most)


def _object(schema: dict[str, Any], defs: dict[str, Any]) -> SearchStrategy[Any]:
    if "properties" not in schema:
        values = _of(schema["additionalProperties"], defs)
        keys = st.text(min_size=1, max_size=20)
        return st.dictionaries(
            keys, values, min_size=schema.get("minProperties", 0), max_size=3
        )
    fields = {name: _of(field, defs) for name, field in schema["properties"].items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={
            name: field for name, field in fields.items() if name not in required
        },
    )


def _string(schema: dict[str, Any], _: object) -> SearchStrategy[Any]:
    if "pattern" in schema:
        return WORDS
    if schema.get("format") == "date-time":
        return TIMES.map(lambda since: EARLIEST + since)
    if schema.get("format") == "base64":
        return st.binary(max_size=50).map(base64.b64encode)
    return st.text(min_size=schema.get("minLength", 0), max_size=50)


def _integer(schema: dict[str, Any], _: object) -> SearchStrategy[int]:
    return st.integers(schema.get("minimum", 0), schema.get("maximum", 2**62))


def _number(schema: dict[str, Any], _: object) -> SearchStrategy[float]:
    return st.floats(
        min_value=schema.get("minimum", schema.get("exclusiveMinimum")),
        max_value=schema.get("maximum"),
        exclude_min="exclusiveMinimum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )


_BY_TYPE: dict[str, Callable[[dict[str, Any], Any], SearchStrategy[Any]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}
