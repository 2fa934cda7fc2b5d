"""Trajectories of SWE-agent (`.traj`) and mini-swe-agent (`.traj.json`)."""

import re
from collections.abc import Iterator
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.chat import conversation
from pilotfish.schemas.imports.commands import command_name
from pilotfish.schemas.imports.events import content_id
from pilotfish.schemas.imports.format import Format, Sample, of_records
from pilotfish.schemas.imports.values import count, mappings, name, text
from pilotfish.schemas.infrastructure import means_infrastructure
from pilotfish.schemas.json_in_text import mapping

_NAME: Final = "swe-agent"
_READS: Final = (
    *("trajectory", "history", "messages", "info", "environment"),
    *("trajectory_format", "replay_config"),
)
_INFRASTRUCTURE: Final = re.compile(r"exit_(?:api|environment_error)\b")
"""In statuses of runs that infrastructure ended; what was there may have been submitted."""


def _is_this(sample: Sample) -> bool:
    return any(
        "exit_status" in mapping(mapping(record).get("info"))
        and ("trajectory" in record or "messages" in record)
        for record in sample.records
    )


def _attempt(record: dict[str, Any]) -> Fields:
    info = mapping(record.get("info"))
    usage = mapping(info.get("model_stats"))
    status = text(info.get("exit_status"))
    tokens = count(usage.get("tokens_sent")) + count(usage.get("tokens_received"))
    return {
        **_story(record),
        "id": content_id(record),
        "agent": _NAME if "trajectory" in record else "mini-swe-agent",
        "version": info.get("swe_agent_version") or info.get("mini_version"),
        "model": _model(record, info),
        "cost": usage.get("instance_cost"),
        "tokens": tokens or None,
        "attributes": {"environment": name(record.get("environment"))},
        "status": "infrastructure" if _is_infrastructure(status) else "unknown",
        "reason": status,
    }


def _is_infrastructure(status: str) -> bool:
    """Return whether a status says so; mini-swe-agent's may be the name of an exception."""
    return means_infrastructure(status) or _INFRASTRUCTURE.search(status) is not None


def _story(record: dict[str, Any]) -> Fields:
    submission = text(mapping(record.get("info")).get("submission"))
    steps: list[Fields]
    if "trajectory" in record:
        problem = _problem(mappings(record.get("history")))
        steps = [s for step in mappings(record["trajectory"]) for s in _steps(step)]
    else:
        messages = [_timed(message) for message in mappings(record.get("messages"))]
        told = conversation(messages)
        problem, steps = told["problem"], told["steps"]
    if submission:
        steps.append({"kind": "answer", "name": "submission", "content": submission})
    return {"problem": problem, "steps": steps}


def _problem(history: list[dict[str, Any]]) -> str | None:
    """Return the task: what the user says first, outside of demonstrations."""
    for message in history:
        if message.get("role") == "user" and not message.get("is_demo"):
            return text(message.get("content")) or None
    return None


def _steps(step: dict[str, Any]) -> Iterator[Fields]:
    """Yield what was thought, done and seen; some steps are thoughts only."""
    action = text(step.get("action")).strip()
    thought = text(step.get("thought")).strip() or (
        "" if action else text(step.get("response"))
    )
    if thought:
        yield {"kind": "thought", "content": thought}
    called = command_name(action)
    if action:
        yield {
            "kind": "action",
            "name": called,
            "content": action,
            "duration_s": step.get("execution_time"),
        }
    if observed := text(step.get("observation")):
        yield {"kind": "observation", "name": called, "content": observed}


def _timed(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message of mini-swe-agent with its time where others have theirs."""
    return {"timestamp": mapping(message.get("extra")).get("timestamp"), **message}


def _model(record: dict[str, Any], info: dict[str, Any]) -> str:
    config = mapping(mapping(info.get("config")).get("model"))
    replayed = mapping(
        mapping(mapping(record.get("replay_config")).get("agent")).get("model")
    )
    return name(config.get("model_name")) or name(replayed.get("name"))


FORMAT: Final = Format(
    _NAME,
    "trajectories of SWE-agent and mini-swe-agent",
    _is_this,
    of_records(_NAME, _attempt, _READS),
    note="a submitted patch is not a correct one: the outcome stays unknown",
)
