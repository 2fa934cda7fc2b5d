"""What a span tells, in one form for all dialects."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.events import MAX_MEASURE, MAX_TOKENS
from pilotfish.schemas.json_in_text import mapping, parsed
from pilotfish.traces.dialects import DIALECTS, GENAI_DIALECTS
from pilotfish.traces.dialects.dialect import Fact, Kind
from pilotfish.traces.dialects.langchain_runs import bare
from pilotfish.traces.dialects.langgraph import AGENT_NAME, graph_kind
from pilotfish.traces.dialects.message_events import attributes_in_events
from pilotfish.traces.messages import ChatMessage, messages
from pilotfish.traces.span import Span
from pilotfish.traces.values import name, number, numbered, text

Facts = dict[Fact, JsonValue]
Fields = dict[str, JsonValue]


def _ranked(tables: Iterable[Mapping[str, Fact]]) -> dict[str, tuple[int, Fact]]:
    """Return attributes with how early they count, 0 being the first, and their facts."""
    ranked: dict[str, tuple[int, Fact]] = {}
    for table in tables:
        for attribute, fact in table.items():
            ranked.setdefault(attribute, (len(ranked), fact))
    return ranked


_KINDS: Final = {
    attribute: meanings for d in DIALECTS for attribute, meanings in d.kinds.items()
}
_FACTS: Final = _ranked([*(d.facts for d in DIALECTS), *(d.lists for d in DIALECTS)])
_LISTS: Final = frozenset(attribute for d in DIALECTS for attribute in d.lists)
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
        self.is_workflow = kind == "workflow"
        if kind in ("agent", "other"):
            kind = graph_kind(span.name, self.metadata) or kind
        self.kind: Kind = (
            "agent" if self.is_workflow else kind or _implied_kind(self.facts)
        )

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
    told = bare(span.attributes)
    if span.events:
        told = {**attributes_in_events(span), **told}
    lists, metadata = _collected(told)
    known = {a: v for a, v in told.items() if a in _FACTS and _tells(a, v)}
    known |= {attribute: numbered(parts) for attribute, parts in lists.items()}
    first_last = sorted(known, key=_FACTS.__getitem__, reverse=True)
    facts: Facts = {_FACTS[attribute][1]: known[attribute] for attribute in first_last}
    if metadata:
        facts["metadata"] = metadata | mapping(facts.get("metadata"))
    return facts, not _OF_GENAI.isdisjoint(known)


def _tells(attribute: str, value: JsonValue) -> bool:
    """Return whether a value tells something; openllmetry calls a model that it cannot see so."""
    is_unknown = value == "unknown" and _FACTS[attribute][1] == "model"
    return value is not None and not is_unknown


def _collected(told: Fields) -> tuple[dict[str, Fields], Fields]:
    """Return the lists of which each attribute holds a part, and the metadata."""
    lists: dict[str, Fields] = {}
    metadata: Fields = {}
    for attribute, value in told.items():
        if attribute.startswith(_METADATA):
            prefix = next(p for p in _METADATA if attribute.startswith(p))
            metadata[attribute.removeprefix(prefix)] = value
        elif attribute not in _FACTS:
            found = _NUMBERED.fullmatch(attribute)
            if found and found[1] in _LISTS:
                parts = lists.setdefault(found[1], {})
                _put(parts, [found[2], *(found[3] or "").split(".", 12)], value)
    return lists, metadata


def _put(parts: Fields, path: Iterable[str], value: JsonValue) -> None:
    """Put a value below its path, as nested objects."""
    *above, last = filter(None, path)
    for step in above:
        deeper = parts.setdefault(step, {})
        if not isinstance(deeper, dict):
            return
        parts = deeper
    parts[last] = value
