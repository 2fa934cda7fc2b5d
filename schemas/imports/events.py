"""Imported attempts as the events that an agent would have published.

All ids follow from those of the source, so that importing again, also after the source has
grown, gives known events their known ids. A source without ids is known by its content.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any

from pilotfish.schemas.attempt_log.events import step_events
from pilotfish.schemas.attempt_log.timeline import (
    Timeline,
    model,
    status,
    timeline,
)
from pilotfish.schemas.events import (
    Agent,
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    Status,
)
from pilotfish.schemas.ids import import_id
from pilotfish.schemas.imports.attempt import ImportedAttempt, ImportedStep


def events_of(
    attempt: ImportedAttempt, source: str, tenant: str, now: datetime
) -> list[Event]:
    """Return the events of an attempt in order.

    Args:
        attempt: with the id that its source gave it.
        source: the format's name.
        tenant: whose attempt it is.
        now: when an attempt without any time has ended.
    """
    times = timeline(attempt, now)
    fields = _Fields(tenant, import_id(source, attempt.id))
    events: list[Event] = [_started(fields, attempt, source, times)]
    events += step_events(attempt, times, fields.of_step)
    events += _signals(fields, attempt, times)
    if attempt.ended:
        events.append(_ended(fields, attempt, times))
    return events


def content_id(record: object) -> str:
    """Return an id for a record whose source has none, made from its content."""
    return _digest(json.dumps(record, sort_keys=True, default=str))


def end_id(attempt_id: str, status: Status) -> str:
    """Return the id of the event that ends an imported attempt so."""
    return f"{attempt_id}/{_end_part(status)}"


class _Fields:
    """The common fields of an attempt's events."""

    def __init__(self, tenant: str, attempt_id: str) -> None:
        self._ids = {"tenant": tenant, "attempt_id": attempt_id}

    def of(self, part: str, at: datetime) -> dict[str, Any]:
        """Return the fields of the event of a part of the attempt."""
        event_id = f"{self._ids['attempt_id']}/{part}"
        return {**self._ids, "event_id": event_id, "at": at}

    def of_step(
        self, place: int, step: ImportedStep | None, at: datetime
    ) -> dict[str, Any]:
        """Return the fields of the event of a step; without one, of what is beyond them."""
        return self.of(f"step/{_part(step.key, place) if step else 'rest'}", at)


def _started(
    fields: _Fields,
    attempt: ImportedAttempt,
    source: str,
    times: Timeline[ImportedStep],
) -> AttemptStarted:
    return AttemptStarted(
        **fields.of("start", times.start),
        problem=attempt.problem,
        problem_type=attempt.problem_type,
        approach=attempt.approach or None,
        agent=Agent(
            name=attempt.agent or "agent",
            version=attempt.version,
            model=model(attempt),
        ),
        attributes={**attempt.attributes, "source": source, "source_id": attempt.id},
    )


def _signals(
    fields: _Fields, attempt: ImportedAttempt, times: Timeline[ImportedStep]
) -> Iterator[Event]:
    for place, signal in enumerate(attempt.signals, 1):
        yield SignalRecorded(
            **fields.of(f"signal/{_part(signal.key, place)}", signal.at or times.end),
            kind=signal.kind,
            value=signal.value,
            scale=signal.scale,
            detail=signal.detail,
        )


def _ended(
    fields: _Fields, attempt: ImportedAttempt, times: Timeline[ImportedStep]
) -> AttemptEnded:
    ended = attempt.status or status(attempt)
    return AttemptEnded(
        **fields.of(_end_part(ended), times.end),
        status=ended,
        reason=attempt.reason,
        approach=attempt.approach or None,
    )


def _end_part(status: Status) -> str:
    return f"end/{status}"


def _part(key: str, place: int) -> str:
    """Return the id of a part; its place, where its source has no name for it."""
    return _digest(key) if key else f"{place:06}"


def _digest(content: str) -> str:
    return blake2b(content.encode(errors="replace"), digest_size=16).hexdigest()
