"""A transcript of Claude Code as events: one pure function, for the hook and for imports.

A transcript is JSON lines: what was said, called and returned, each with a uuid and a time.
Each prompt of a person begins an attempt, whose id is the prompt's uuid. A sub-agent has a
transcript of its own, and so an attempt. Ids of events are made of uuids: a transcript that
is read again, or further, gives the same events.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from pydantic import ValidationError

from pilotfish.integrations.claude_entry import (
    Entry,
    blocks,
    is_interrupt,
    text_of,
)
from pilotfish.integrations.claude_turn import Turn
from pilotfish.schemas.codec import first_problem
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import AttemptStarted, Event, HintMark

_NOT_ASKED: Final = ("<local-command-", "<bash-", "<task-notification>")
"""What Claude Code itself writes in the place of a prompt."""


class Transcript(NamedTuple):
    """What a transcript tells.

    Args:
        attempts: the events of each attempt, in order.
        unreadable: how many lines are no entries, and attempts no events.
        reason: why the first of them is none; empty if all are.
    """

    attempts: list[list[Event]]
    unreadable: int
    reason: str


def events_of_transcript(
    lines: Iterable[str],
    *,
    tenant: str = "default",
    hint_of: Callable[[str], HintMark | None] = lambda _problem: None,
    redact: Callable[[str], str] = lambda text: text,
    approach: str | None = None,
) -> Transcript:
    """Return the events that a transcript tells of.

    An attempt is a prompt and what came of it until the next one. Its approach is the
    sub-agent or skill that was used first, else that of the hint. Its end says more than
    "unknown" only where the last word is an error of the provider or an interrupt.

    Args:
        lines: of the file.
        tenant: whose transcript it is.
        hint_of: returns the hint that was given for a problem, if one was.
        redact: applied to every text.
        approach: of all attempts: the type of a sub-agent.
    """
    entries: list[Entry] = []
    attempts: list[list[Event]] = []
    problems: list[str] = []
    for line in lines:
        try:
            entries += _entries(line)
        except (ValueError, RecursionError) as error:
            problems.append(str(error))
    for turn in _turns(entries):
        try:
            events = Turn(turn, tenant, redact).events(hint_of, approach)
        except ValidationError as error:
            problems.append(first_problem(AttemptStarted, error))
        else:
            attempts.append(events)
    return Transcript(attempts, len(problems), next(iter(problems), ""))


def _entries(line: str) -> list[Entry]:
    """Return the entry of a line; none if it is blank, or about something else.

    Raises:
        ValueError: the line is no entry.
    """
    entry = json.loads(line) if line.strip() else {}
    if not isinstance(entry, dict):
        raise SchemaError("a line is no JSON object")
    said = isinstance(entry.get("message"), dict)
    if entry.get("type") not in ("user", "assistant") or not said:
        return []
    if not isinstance(entry.get("uuid"), str):
        raise SchemaError("an entry has no uuid")
    time = entry.get("timestamp")
    return [{**entry, "at": datetime.fromisoformat(time or "none")}]


def _turns(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Divide what was said by the prompts; what comes before the first one is left out."""
    # In older versions, sub-agents write between the lines of the one that called them.
    own = [entry for entry in entries if not entry.get("isSidechain")] or entries
    turn: list[Entry] = []
    for entry in own:
        if _is_prompt(entry):
            if turn:
                yield turn
            turn = [entry]
        elif turn:
            turn.append(entry)
    if turn:
        yield turn


def _is_prompt(entry: Entry) -> bool:
    if entry["type"] != "user" or entry.get("isMeta") or entry.get("isCompactSummary"):
        return False
    if any(block.get("type") == "tool_result" for block in blocks(entry)):
        return False
    text = text_of(blocks(entry)).strip()
    return bool(text) and not text.startswith(_NOT_ASKED) and not is_interrupt(text)
