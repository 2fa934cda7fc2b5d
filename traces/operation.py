"""What a span tells, in one form for all dialects."""

import re
from functools import cached_property
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.events import MAX_MEASURE, MAX_TOKENS
from pilotfish.traces.dialects import DIALECTS, GENAI_DIALECTS
from pilotfish.traces.dialects.dialect import Fact, Kind
from pilotfish.traces.dialects.langgraph import AGENT_NAME, graph_kind
from pilotfish.traces.dialects.message_events import attributes_in_events
from pilotfish.traces.messages import ChatMessage, messages
from pilotfish.traces.span import Span
from pilotfish.traces.values import mapping, name, number, numbered, parsed, text

Facts = dict[Fact, JsonValue]

_KINDS: Final = {
    attribute: meanings for d in DIALECTS for attribute, meanings in d.kinds.items()
}
_FACTS: Final[dict[str, tuple[int, Fact]]] = {}
"""Attributes with their facts, and how early they count: 0 counts first."""
_LISTS: Final[dict[str, tuple[int, Fact]]] = {}
for _dialect in DIALECTS:
    for _attribute, _fact in _dialect.facts.items():
        _FACTS.setdefault(_attribute, (len(_FACTS), _fact))
for _dialect in DIALECTS:
    for _attribute, _fact in _dialect.lists.items():
        _LISTS.setdefault(_attribute, (len(_FACTS) + len(_LISTS), _fact))
_METADATA: Final = tuple(prefix for d in DIALECTS for prefix in d.metadata)
_OF_GENAI: Final = frozenset(
    attribute for d in GENAI_DIALECTS for attribute in (*d.facts, *d.lists)
)
_NUMBERED: Final = re.compile(r"([a-z_.]+)\.(\d{1,6})(?:\.(.+))?")
"""An attribute that holds a part of a list, or a field of such a part."""


_BEFORE_NAME: Final = re.compile(r"^(execute_tool|running tool:?|retrieval) ")
"""What the conventions put before the name of what is called."""


class Operation:
    """A span with the kind of what it did, and its facts.

    Args:
        span: as exported.
    """

    def __init__(self, span: Span) -> None:
        self.span = span
        self.facts, self.is_genai = _facts(span)
        kind = _kind(span)
        self.is_genai = self.is_genai or kind is not None
        if kind in ("agent", "other"):
            kind = graph_kind(span.name, self.metadata) or kind
        self.kind: Kind = kind or _implied_kind(self.facts)

    def text(self, *facts: Fact) -> str:
        """Return the first of these facts that is there, as a text."""
        values = (self.facts.get(fact) for fact in facts)
        return next((text(value) for value in values if value is not None), "")

    def name(self, fact: Fact) -> str:
        """Return a fact as a name; empty if it is none."""
        return name(self.facts.get(fact))

    def tokens(self, fact: Fact) -> int:
        """Return a number of tokens; 0 if there is none."""
        return int(number(self.facts.get(fact), MAX_TOKENS) or 0)

    def dollars(self, fact: Fact) -> float | None:
        """Return a cost, if it is given."""
        return number(self.facts.get(fact), MAX_MEASURE)

    @property
    def agent_name(self) -> str:
        """The name of the agent, if it is told."""
        return self.name("agent_name") or name(self.metadata.get(AGENT_NAME))

    @property
    def called(self) -> str:
        """The name of what was called: of a tool, a retriever, a guardrail."""
        given = self.name("tool_name") or _BEFORE_NAME.sub("", self.span.name)
        return name(given.removesuffix(".__call__")) or self.kind

    @property
    def duration_s(self) -> float:
        """How long it took, in seconds."""
        span = self.span
        return min(max(0, span.end_us - span.start_us) / 1e6, MAX_MEASURE)

    @cached_property
    def metadata(self) -> dict[str, JsonValue]:
        """What people chose to say of it."""
        return mapping(self.facts.get("metadata"))

    @cached_property
    def input_messages(self) -> tuple[ChatMessage, ...]:
        """What a model was given."""
        if "input_messages" in self.facts:
            return messages(self.facts["input_messages"], "user")
        given = parsed(self.facts.get("input"))
        if isinstance(given, dict) and "messages" in given:
            given = given["messages"]
        return messages(given, "user")

    @cached_property
    def output_messages(self) -> tuple[ChatMessage, ...]:
        """What a model said."""
        given = self.facts.get("output_messages", self.facts.get("output"))
        said = messages(given, "assistant")
        if "tool_calls" in self.facts:
            calls: JsonValue = {"tool_calls": self.facts["tool_calls"]}
            said += messages(calls, "assistant")
        return said


def _kind(span: Span) -> Kind | None:
    for attribute, meanings in _KINDS.items():
        value = span.attributes.get(attribute)
        if isinstance(value, str) and value in meanings:
            return meanings[value]
    return None


def _implied_kind(facts: Facts) -> Kind:
    if "output_messages" in facts or "tokens_in" in facts:
        return "model"
    return "tool" if "arguments" in facts else "other"


def _facts(span: Span) -> tuple[Facts, bool]:
    """Return the facts, and whether any of them is of GenAI."""
    facts: Facts = {}
    ranks: dict[Fact, int] = {}
    lists: dict[str, dict[str, JsonValue]] = {}
    metadata: dict[str, JsonValue] = {}
    is_genai = False
    attributes = span.attributes
    if span.events:
        attributes = {**attributes_in_events(span), **attributes}
    for attribute, value in attributes.items():
        told = _FACTS.get(attribute) or _LISTS.get(attribute)
        if told is None:
            _collect(attribute, value, lists, metadata)
        elif value is not None and told[0] < ranks.get(told[1], len(_FACTS) * 2):
            ranks[told[1]], facts[told[1]] = told[0], value
            is_genai = is_genai or attribute in _OF_GENAI
    for prefix, parts in lists.items():
        rank, fact = _LISTS[prefix]
        if rank < ranks.get(fact, len(_FACTS) * 2):
            ranks[fact], facts[fact] = rank, numbered(parts)
            is_genai = True
    if metadata:
        facts["metadata"] = metadata | mapping(facts.get("metadata"))
    return facts, is_genai


def _collect(
    attribute: str,
    value: JsonValue,
    lists: dict[str, dict[str, JsonValue]],
    metadata: dict[str, JsonValue],
) -> None:
    """Put an attribute where it belongs: among the parts of a list, or the metadata."""
    for prefix in _METADATA:
        if attribute.startswith(prefix):
            metadata[attribute.removeprefix(prefix)] = value
            return
    found = _NUMBERED.match(attribute)
    if found and found[0] == attribute and found[1] in _LISTS:
        _put(lists.setdefault(found[1], {}), found[2], found[3] or "", value)


def _put(
    parts: dict[str, JsonValue], number_: str, path: str, value: JsonValue
) -> None:
    """Put a value below its path, as nested objects."""
    *above, last = [number_, *filter(None, path.split(".", 12))]
    inside = parts
    for step in above:
        deeper = inside.setdefault(step, {})
        if not isinstance(deeper, dict):
            return
        inside = deeper
    inside[last] = value
