"""ATIF, the trajectory format of Harbor, in any version 1.x; what it does not know is ignored.

A trajectory is an attempt, and so is each trajectory of a sub-agent inside it.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields, Found
from pilotfish.schemas.imports.chat import USER, answered, said
from pilotfish.schemas.imports.events import content_id
from pilotfish.schemas.imports.format import (
    Format,
    Sample,
    Source,
    of_attempts,
    unread_fields,
)
from pilotfish.schemas.imports.values import (
    count,
    mappings,
    moment,
    name,
    number,
    text,
)
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.prices import Tokens, cost

_NAME: Final = "atif"
_READS: Final = frozenset(
    [
        "schema_version",
        "session_id",
        "trajectory_id",
        "agent",
        "steps",
        "final_metrics",
        "subagent_trajectories",
        "continued_trajectory_ref",
    ]
)
_INNER: Final = "subagent_trajectories"
_SESSION: Final = "session_id"
_TOKENS: Final = ("prompt_tokens", "completion_tokens")
_MOST_NESTED: Final = 16

Price = Callable[[dict[str, Any]], object]
"""Returns what a step cost."""


def _is_this(sample: Sample) -> bool:
    versions = (mapping(record).get("schema_version") for record in sample.records)
    return any(name(version).startswith("ATIF-v1") for version in versions)


def _attempts(source: Source) -> Iterator[Found]:
    for record in source.records():
        for trajectory in _trajectories(mapping(record.value)):
            for unknown in unread_fields(trajectory, _READS):
                source.findings.ignore(record.place, unknown)
            yield Found(record.place, _attempt(trajectory))


def _trajectories(outer: dict[str, Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield a trajectory and those inside it, which may leave out the session they share."""
    yield outer
    if depth < _MOST_NESTED:
        for inner in mappings(outer.get(_INNER)):
            session = inner.get(_SESSION) or outer.get(_SESSION)
            yield from _trajectories({**inner, _SESSION: session}, depth + 1)


def _attempt(trajectory: dict[str, Any]) -> Fields:
    agent = mapping(trajectory.get("agent"))
    metrics = mapping(trajectory.get("final_metrics"))
    whole = mappings(trajectory.get("steps"))
    own = [step for step in whole if not step.get("is_copied_context")]
    # A continuation may have copied the problem, too.
    asked = next((s for s in own + whole if s.get("source") == USER), {})
    session = name(trajectory.get(_SESSION))
    list_price = partial(_list_price, name(agent.get("model_name")))
    price = _told_cost if _has_costs(trajectory) else list_price
    steps = [s for step in own if step is not asked for s in _steps(step, price)]
    return {
        "id": _id(trajectory, asked if asked in own else next(iter(own), {})),
        "problem": text(asked.get("message")) or None,
        "agent": agent.get("name"),
        "version": agent.get("version"),
        "model": agent.get("model_name"),
        "attributes": {"session.id": session} if session else {},
        "at": asked.get("timestamp") if asked in own else None,
        "steps": answered(steps),
        "tokens": sum(count(metrics.get(f"total_{kind}")) for kind in _TOKENS) or None,
        "cost": _cost_of_its_own(trajectory),
    }


def _id(trajectory: dict[str, Any], first: dict[str, Any]) -> str:
    """Return an id that stays when the trajectory grows, and differs from a continuation's.

    Trajectories of one session share its id; those of sub-agents have ids of their own,
    which are unique only within one file.
    """
    told = [name(trajectory.get(_SESSION)), name(trajectory.get("trajectory_id"))]
    beginning = content_id([first.get("timestamp"), first.get("message")])
    named = "/".join(filter(None, told))
    return f"{named}/{beginning}" if named else content_id(trajectory)


def _has_costs(trajectory: dict[str, Any]) -> bool:
    told = mapping(trajectory.get("final_metrics")).get("total_cost_usd")
    steps = mappings(trajectory.get("steps"))
    return any(map(number, [told, *map(_told_cost, steps)]))


def _cost_of_its_own(trajectory: dict[str, Any]) -> float | None:
    """Return what it cost without its sub-agents, which are attempts of their own."""
    whole, *inner = (
        number(mapping(one.get("final_metrics")).get("total_cost_usd"))
        for one in (trajectory, *mappings(trajectory.get(_INNER)))
    )
    return max(0.0, whole - sum(inner)) or None


def _steps(step: dict[str, Any], price: Price) -> Iterator[Fields]:
    at = {"at": step.get("timestamp"), "model": step.get("model_name")}
    parts = list(_parts(step, at))
    if parts:
        parts[0]["tokens"] = _tokens(step).total or None
        parts[0]["cost"] = price(step)
    yield from parts


def _told_cost(step: dict[str, Any]) -> object:
    return mapping(step.get("metrics")).get("cost_usd")


def _list_price(model: str, step: dict[str, Any]) -> float | None:
    called = name(step.get("model_name")) or model
    return cost(called, _tokens(step), at=moment(step.get("timestamp"))) or None


def _tokens(step: dict[str, Any]) -> Tokens:
    metrics = mapping(step.get("metrics"))
    read, written = (count(metrics.get(kind)) for kind in _TOKENS)
    return Tokens(read, written, min(read, count(metrics.get("cached_tokens"))))


def _parts(step: dict[str, Any], at: Fields) -> Iterator[Fields]:
    message, speaker = text(step.get("message")), step.get("source")
    if thinking := text(step.get("reasoning_content")):
        yield {"kind": "thought", "content": thinking, **at}
    if message and speaker == "agent":
        yield said(message, **at)
    elif message and speaker == USER:
        yield {"kind": "observation", "name": USER, "content": message, **at}
    tools = {}
    for call in mappings(step.get("tool_calls")):
        called = call.get("function_name")
        tools[name(call.get("tool_call_id"))] = called
        content = text(call.get("arguments"))
        yield {"kind": "action", "name": called, "content": content, **at}
    for result in mappings(mapping(step.get("observation")).get("results")):
        called = tools.get(name(result.get("source_call_id"))) or "environment"
        content = text(result.get("content")) or _delegated(result)
        yield {"kind": "observation", "name": called, "content": content, **at}


def _delegated(result: dict[str, Any]) -> str:
    """Return which trajectories of sub-agents a result is, where it says nothing else."""
    refs = mappings(result.get("subagent_trajectory_ref"))
    told = (ref.get("trajectory_id") or ref.get("trajectory_path") for ref in refs)
    return ", ".join(filter(None, map(name, told)))


FORMAT: Final = Format(
    _NAME,
    "trajectories of Harbor (ATIF 1.x)",
    _is_this,
    of_attempts(_NAME, _attempts),
    note="trajectories hold no reward: the outcome stays unknown",
)
