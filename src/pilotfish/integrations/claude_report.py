"""The newest attempts of a Claude Code transcript, with the hints that their prompts got.

The transcript is read as `pilotfish import` reads it, under the same ids: what a hook has
reported and what is imported later are one attempt.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pilotfish._sdk.event_redaction import redacted
from pilotfish.integrations.claude_hints import KeptHint
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, Event
from pilotfish.schemas.imports.claude_code import FORMAT
from pilotfish.schemas.imports.events import end_id
from pilotfish.schemas.imports.format import Source

_NEWEST: Final = 2
"""The last line of a turn may be written after its hook ran: the next one reads it, too."""


def transcript_of(event: Mapping[str, Any]) -> tuple[Path, str | None]:
    """Return the transcript that has ended, and the type of the sub-agent if it is one's."""
    session = Path(event["transcript_path"])
    if event["hook_event_name"] != "SubagentStop":
        return session, None
    name = f"agent-{event.get('agent_id')}.jsonl"
    usual = session.with_suffix("") / "subagents" / name
    file = event.get("agent_transcript_path") or usual
    return Path(file), event.get("agent_type") or None


def newest_events(
    file: Path,
    tenant: str,
    hint_of: Callable[[str], KeptHint | None],
    approach: str | None = None,
) -> Iterator[Event]:
    """Yield the events of the newest attempts, without secrets.

    The approach of an attempt is the sub-agent or skill that was used first, else that of
    its hint, unless that names a strategy that was found.

    Args:
        file: the transcript.
        tenant: whose it is.
        hint_of: returns the hint that was given for a problem, if one was.
        approach: of all attempts: the type of a sub-agent.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    newest = deque(FORMAT.read(Source(file, tenant)), maxlen=_NEWEST)
    for events in newest:
        [start] = [event for event in events if isinstance(event, AttemptStarted)]
        hint = hint_of(start.problem)
        used = approach or start.approach or (hint.used if hint else None)
        *others, end = (
            events if isinstance(events[-1], AttemptEnded) else _ended(events)
        )
        yield from map(redacted, others)
        mark = hint.mark if hint else None
        yield redacted(end.model_copy(update={"approach": used, "hint": mark}))


def _ended(events: list[Event]) -> list[Event]:
    """Add the end, which a transcript does not always tell: a hook runs when it has come."""
    last = events[-1]
    end = AttemptEnded(
        tenant=last.tenant,
        attempt_id=last.attempt_id,
        event_id=end_id(last.attempt_id, "unknown"),
        at=last.at,
        status="unknown",
    )
    return [*events, end]
