"""Which approach a run took, and by which advice: see docs/decisions.md."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from pydantic import JsonValue, ValidationError

from pilotfish.schemas.delegation import skill_of
from pilotfish.schemas.events import Agent, HintMark
from pilotfish.schemas.request_ids import is_for_found
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node
from pilotfish.traces.values import name, number, text
from pilotfish.traces.who import agent_name

_APPROACH: Final = "pilotfish.approach"
_BY: Final = "pilotfish.approach_by"
_REQUEST: Final = "pilotfish.request_id"
_IN_METADATA: Final = (_APPROACH, "approach")


def approach_of(run: Run, agent: Agent) -> str | None:
    """Return the approach of a run of this agent; None if nothing tells.

    First that is there: the attribute, metadata, a sub-agent, a skill. Where the run says
    which fact of it counts, that stands for the last two, and what was advised counts for
    nothing.
    """
    facts = {
        "skill": _skills(run),
        "sub_agent": _sub_agents(run),
        "model": iter((agent.model,)),
        "version": iter((agent.version,)),
    }
    by = next((text(told) for told in _told(run, _BY)), "")
    counted = (by,) if by in facts else ("sub_agent", "skill")
    named = chain(_attributes(run, by_fact=by in facts), _metadata(run))
    told = chain(named, *(facts[fact] for fact in counted))
    return next(filter(None, told), None)


def hint_of(run: Run) -> HintMark | None:
    """Return the advice that the run got elsewhere; None without one, or if it is odd."""
    for node in run.nodes:
        told = node.span.attributes
        if told.get(_REQUEST):
            try:
                return HintMark(
                    request_id=name(told[_REQUEST]),
                    approach=name(told.get(_APPROACH)) or None,
                    propensity=number(told.get("pilotfish.propensity"), 1) or None,
                    advisor_version=name(told.get("pilotfish.advisor_version")),
                    holdout=text(told.get("pilotfish.holdout")).lower() == "true",
                )
            except ValidationError:
                continue
    return None


def _topmost_first(run: Run) -> list[Node]:
    return sorted(run.nodes, key=lambda node: run.places[node].depth)


def _told(run: Run, attribute: str) -> Iterator[JsonValue]:
    """Yield what spans say in an attribute, the topmost first, and their process last."""
    nodes = _topmost_first(run)
    for told in (
        *(node.span.attributes for node in nodes),
        *(node.span.resource for node in nodes),
    ):
        if told.get(attribute):
            yield told[attribute]


def _attributes(run: Run, *, by_fact: bool) -> Iterator[str]:
    """Yield what spans say in our attribute, the topmost first, and their process last.

    A found strategy that was advised is none that was used; and where a fact of the run
    counts, no approach that was advised is.
    """
    nodes = _topmost_first(run)
    for node in nodes:
        request = text(node.span.attributes.get(_REQUEST))
        if not is_for_found(request) and not (by_fact and request):
            yield name(node.span.attributes.get(_APPROACH))
    yield from (name(node.span.resource.get(_APPROACH)) for node in nodes)


def _metadata(run: Run) -> Iterator[str]:
    for node in sorted(run.nodes, key=lambda node: run.places[node].depth):
        metadata = node.operation.metadata
        yield from (name(metadata.get(key)) for key in _IN_METADATA)


def _sub_agents(run: Run) -> Iterator[str]:
    return (agent_name(node) for node in run.sub_agents)


def _skills(run: Run) -> Iterator[str]:
    """Yield the skills that were loaded."""
    for node in run.nodes:
        operation = node.operation
        yield operation.name("skill")
        if operation.kind == "tool":
            yield skill_of(operation.called, operation.text("arguments", "input"))
