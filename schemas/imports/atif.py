"""ATIF, the trajectory format of Harbor, in any version 1.x; what it does not know is ignored.

A trajectory is an attempt, and so is each trajectory of a sub-agent inside it.
"""

from collections.abc import Iterator
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
from pilotfish.schemas.imports.values import count, mappings, name, text
from pilotfish.schemas.json_in_text import mapping

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
_TOKENS: Final = ("prompt_tokens", "completion_tokens")
_MOST_NESTED: Final = 16


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
    yield outer
    if depth < _MOST_NESTED:
        for inner in mappings(outer.get("subagent_trajectories")):
            yield from _trajectories(inner, depth + 1)


def _attempt(trajectory: dict[str, Any]) -> Fields:
    agent = mapping(trajectory.get("agent"))
    metrics = mapping(trajectory.get("final_metrics"))
    steps = [
        step
        for step in mappings(trajectory.get("steps"))
        if not step.get("is_copied_context")
    ]
    asked = next((step for step in steps if step.get("source") == USER), {})
    session = name(trajectory.get("session_id"))
    return {
        "id": _id(trajectory, asked),
        "problem": text(asked.get("message")) or None,
        "agent": agent.get("name"),
        "version": agent.get("version"),
        "model": agent.get("model_name"),
        "attributes": {"session.id": session} if session else {},
        "at": asked.get("timestamp"),
        "steps": answered(
            [s for step in steps if step is not asked for s in _steps(step)]
        ),
        "tokens": sum(count(metrics.get(f"total_{kind}")) for kind in _TOKENS) or None,
        "cost": metrics.get("total_cost_usd"),
    }


def _id(trajectory: dict[str, Any], asked: dict[str, Any]) -> str:
    """Return an id that stays when the trajectory grows, and differs from a continuation's."""
    told = name(trajectory.get("trajectory_id")) or name(trajectory.get("session_id"))
    beginning = [asked.get("timestamp"), asked.get("message")]
    return f"{told}/{content_id(beginning)}" if told else content_id(trajectory)


def _steps(step: dict[str, Any]) -> Iterator[Fields]:
    at = {"at": step.get("timestamp"), "model": step.get("model_name")}
    parts = list(_parts(step, at))
    metrics = mapping(step.get("metrics"))
    if parts:
        parts[0]["tokens"] = sum(count(metrics.get(k)) for k in _TOKENS) or None
        parts[0]["cost"] = metrics.get("cost_usd")
    yield from parts


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
        content = text(result.get("content"))
        yield {"kind": "observation", "name": called, "content": content, **at}


FORMAT: Final = Format(
    _NAME,
    "trajectories of Harbor (ATIF 1.x)",
    _is_this,
    of_attempts(_NAME, _attempts),
    note="trajectories hold no reward: the outcome stays unknown",
)
