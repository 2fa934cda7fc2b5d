"""Which approach a run took, and by which advice: see docs/decisions.md."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue, ValidationError

from pilotfish.schemas.events import HintMark
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.json_in_text import mapping, parsed
from pilotfish.schemas.request_ids import is_for_found
from pilotfish.traces.run import Run
from pilotfish.traces.values import name, number, text
from pilotfish.traces.who import agent_name

_APPROACH: Final = "pilotfish.approach"
_IN_METADATA: Final = (_APPROACH, "approach")
_SKILL_TOOLS: Final = frozenset(
    {"skill", "loadskill", "useskill", "activateskill", "readskill", "invokeskill"}
)
_SKILL_ARGUMENTS: Final = ("skill", "skill_name", "name", "command")
_SKILL_FILE: Final = "SKILL.md"
_FOLDER: Final = re.compile(r"([\w.-]+)[/\\]+$")


def approach_of(run: Run) -> str | None:
    """Return the approach; None if nothing tells.

    First that is there: the attribute, metadata, a sub-agent, a skill.
    """
    sources = (_attributes, _metadata, _sub_agents, _skills)
    return next((found for source in sources for found in source(run) if found), None)


def hint_of(run: Run) -> HintMark | None:
    """Return the advice that the run got elsewhere; None without one, or if it is odd."""
    for node in run.nodes:
        told = node.span.attributes
        if told.get("pilotfish.request_id"):
            try:
                return HintMark(
                    request_id=name(told["pilotfish.request_id"]),
                    approach=name(told.get(_APPROACH)) or None,
                    propensity=number(told.get("pilotfish.propensity"), 1) or None,
                    advisor_version=name(told.get("pilotfish.advisor_version")),
                    holdout=text(told.get("pilotfish.holdout")).lower() == "true",
                )
            except ValidationError:
                continue
    return None


def _attributes(run: Run) -> Iterator[str]:
    """Yield what spans say in our attribute, the topmost first, and their process last."""
    nodes = sorted(run.nodes, key=lambda node: run.places[node].depth)
    yield from (_named(node.span.attributes) for node in nodes)
    yield from (name(node.span.resource.get(_APPROACH)) for node in nodes)


def _named(attributes: Mapping[str, JsonValue]) -> str:
    """Return the approach; a found strategy that was advised is none that was used."""
    advised = is_for_found(text(attributes.get("pilotfish.request_id")))
    return "" if advised else name(attributes.get(_APPROACH))


def _metadata(run: Run) -> Iterator[str]:
    for node in sorted(run.nodes, key=lambda node: run.places[node].depth):
        metadata = node.operation.metadata
        yield from (name(metadata.get(key)) for key in _IN_METADATA)


def _sub_agents(run: Run) -> Iterator[str]:
    return (agent_name(node) for node in run.sub_agents)


def _skills(run: Run) -> Iterator[str]:
    """Yield the skills that were loaded: by a tool for that, or by reading their file."""
    for node in run.nodes:
        operation = node.operation
        if operation.kind == "tool":
            arguments = operation.text("arguments", "input")
            tool = re.sub(r"[\W_]", "", operation.called).lower()
            if tool in _SKILL_TOOLS:
                given = mapping(parsed(arguments))
                yield from (name(given.get(key)) for key in _SKILL_ARGUMENTS)
            folder, file, _ = arguments.partition(_SKILL_FILE)
            found = _FOLDER.search(folder[-MAX_NAME:]) if file else None
            yield found[1] if found else ""
