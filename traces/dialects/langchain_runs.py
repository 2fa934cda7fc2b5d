"""What openllmetry writes around the inputs and outputs of LangChain's runs.

Tags, metadata and arguments of callbacks: what was given and returned is inside.
"""

from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.json_in_text import mapping

_KIND: Final = "traceloop.span.kind"
_INPUTS: Final = ("traceloop.entity.input", "gen_ai.tool.call.arguments")
_OUTPUTS: Final = ("traceloop.entity.output", "gen_ai.tool.call.result")
_AROUND_INPUT: Final = frozenset({"kwargs", "metadata", "tags"})
_GIVEN: Final = ("query", "inputs", "input_str")
"""Of a retriever, of a chain or a tool, and of a tool that takes a text."""
_RETURNED: Final = (
    ("outputs", {"outputs", "kwargs"}),
    ("output", {"output", "kwargs"}),
    ("documents", {"documents", "count"}),
)
"""Of a chain, a tool and a retriever, with all that is written."""


def bare(told: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return attributes with what LangChain's runs were given and returned, and no more."""
    if _KIND not in told:
        return told
    inside = dict(told)
    inside.update((a, _given(told[a])) for a in _INPUTS if a in told)
    inside.update((a, _returned(told[a])) for a in _OUTPUTS if a in told)
    return inside


def _given(value: JsonValue) -> JsonValue:
    fields = mapping(value)
    if not fields.keys() >= _AROUND_INPUT:
        return value
    return next((fields[key] for key in _GIVEN if fields.get(key)), value)


def _returned(value: JsonValue) -> JsonValue:
    fields = mapping(value)
    for key, all_keys in _RETURNED:
        if fields.keys() == all_keys:
            inside: JsonValue = fields[key]
            return inside
    return value
