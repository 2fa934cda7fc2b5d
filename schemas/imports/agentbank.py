"""Rows of AgentBank: conversations of an agent with its environment, all of them successes."""

import re
from collections.abc import Iterator
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.commands import command_name
from pilotfish.schemas.imports.events import content_id
from pilotfish.schemas.imports.format import Format, Sample, of_records
from pilotfish.schemas.imports.values import mappings, name, text
from pilotfish.schemas.json_in_text import mapping

_NAME: Final = "agentbank"
_ACTION: Final = re.compile(r"(?:^|\n)\s*Action:", re.IGNORECASE)
_LABEL: Final = re.compile(r"\s*(?:Thought|Observation|Action):\s*", re.IGNORECASE)
_ASSENT: Final = re.compile(r"\s*(?:OK|Ok|Okay|Sure|I understand)[.!]?\s*")
"""With which the agent takes its instructions, before it gets the task."""


def _is_this(sample: Sample) -> bool:
    return any(
        turn.keys() >= {"from", "value"}
        for record in sample.records
        for turn in mappings(mapping(record).get("conversations"))[:1]
    )


def _attempt(record: dict[str, Any]) -> Fields:
    turns = [
        (name(turn.get("from")), text(turn.get("value")))
        for turn in mappings(record.get("conversations"))
    ]
    if len(turns) > 2 and turns[1][0] == "gpt" and _ASSENT.fullmatch(turns[1][1]):
        turns = turns[2:]
    problem = turns[0][1] if turns and turns[0][0] == "human" else ""
    return {
        "id": content_id(record),
        "problem": problem or None,
        "steps": list(_steps(turns[1:])),
    }


def _steps(turns: list[tuple[str, str]]) -> Iterator[Fields]:
    called = "environment"
    for place, (speaker, said) in enumerate(turns, 1):
        if speaker != "gpt":
            seen = _without_label(said)
            yield {"kind": "observation", "name": called, "content": seen}
            continue
        thought, *action = _ACTION.split(said, maxsplit=1)
        last = place == len(turns) and not action
        if thought := _without_label(thought):
            yield {"kind": "answer" if last else "thought", "content": thought}
        if action:
            called = command_name(action[0])
            yield {"kind": "action", "name": called, "content": action[0].strip()}


def _without_label(said: str) -> str:
    label = _LABEL.match(said)
    return said[label.end() :].strip() if label else said.strip()


FORMAT: Final = Format(
    _NAME,
    "rows of AgentBank",
    _is_this,
    of_records(_NAME, _attempt, ("id", "conversations")),
    note="AgentBank holds successes only, and no outcomes: they stay unknown, and nothing "
    "is learned from it of what fails",
)
