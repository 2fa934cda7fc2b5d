"""Events to rows of the table `events`: one row an event, whatever its kind."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pilotfish.schemas.base import Message, micros
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
    StrategyAssigned,
)
from pilotfish.schemas.keys import AttemptKey


class EventRow(NamedTuple):
    """The columns of `events`; a default stands where a kind of event has no value."""

    tenant: str
    attempt_id: str
    event_id: str
    event: str
    at: int
    topic_partition: int
    topic_offset: int
    kind: str = ""
    name: str = ""
    content: str = ""
    truncated: bool = False
    value: float | None = None
    status: str = ""
    problem_type: str = ""
    approach: str = ""
    agent: str = ""
    agent_version: str = ""
    model: str = ""
    duration_s: float | None = None
    cost: float = 0.0
    tokens: int = 0
    hint_request_id: str = ""

    def about(self) -> tuple[AttemptKey, ...]:
        """Return the attempt that the event is about."""
        return ((self.tenant, self.attempt_id),)

    @property
    def identity(self) -> str:
        """What distinguishes this event from one at the same offset of a new topic."""
        return f"{self.attempt_id}/{self.event_id}"


def event_row(event: Message, partition: int, offset: int) -> EventRow:
    """Return the row of `events` for any event."""
    return _ROWS[type(event)](event, partition, offset)


# Calling `__new__` directly takes two thirds of the time of `EventRow(...)`, which packs
# its keywords into a dictionary first; every event passes here.
_new: Final = EventRow.__new__


def _started(e: AttemptStarted, partition: int, offset: int) -> EventRow:
    return _new(
        EventRow,
        tenant=e.tenant,
        attempt_id=e.attempt_id,
        event_id=e.event_id,
        event="AttemptStarted",
        at=micros(e.at),
        topic_partition=partition,
        topic_offset=offset,
        content=e.problem,
        problem_type=e.problem_type,
        approach=e.approach or "",
        agent=e.agent.name,
        agent_version=e.agent.version,
        model=e.agent.model,
    )


def _step(e: StepRecorded, partition: int, offset: int) -> EventRow:
    return _new(
        EventRow,
        tenant=e.tenant,
        attempt_id=e.attempt_id,
        event_id=e.event_id,
        event="StepRecorded",
        at=micros(e.at),
        topic_partition=partition,
        topic_offset=offset,
        kind=e.kind,
        name=e.name,
        content=e.content,
        truncated=e.truncated,
        duration_s=e.duration_s,
        cost=e.cost,
        tokens=e.tokens,
    )


def _signal(e: SignalRecorded, partition: int, offset: int) -> EventRow:
    return _new(
        EventRow,
        tenant=e.tenant,
        attempt_id=e.attempt_id,
        event_id=e.event_id,
        event="SignalRecorded",
        at=micros(e.at),
        topic_partition=partition,
        topic_offset=offset,
        kind=e.kind,
        content=e.detail,
        value=e.p_success,
    )


def _ended(e: AttemptEnded, partition: int, offset: int) -> EventRow:
    return _new(
        EventRow,
        tenant=e.tenant,
        attempt_id=e.attempt_id,
        event_id=e.event_id,
        event="AttemptEnded",
        at=micros(e.at),
        topic_partition=partition,
        topic_offset=offset,
        content=e.reason,
        status=e.status,
        approach=e.approach or "",
        hint_request_id=e.hint.request_id if e.hint else "",
    )


def _feedback(e: FeedbackGiven, partition: int, offset: int) -> EventRow:
    return _new(
        EventRow,
        tenant=e.tenant,
        attempt_id=e.attempt_id,
        event_id=e.event_id,
        event="FeedbackGiven",
        at=micros(e.at),
        topic_partition=partition,
        topic_offset=offset,
        name=e.source,
        content=e.detail,
        value=e.p_success,
    )


def _strategy(e: StrategyAssigned, partition: int, offset: int) -> EventRow:
    return _new(
        EventRow,
        tenant=e.tenant,
        attempt_id=e.attempt_id,
        event_id=e.event_id,
        event="StrategyAssigned",
        at=micros(e.at),
        topic_partition=partition,
        topic_offset=offset,
        name=e.strategy,
    )


_ROWS: Final[dict[type[Message], Callable[[Any, int, int], EventRow]]] = {
    AttemptStarted: _started,
    StepRecorded: _step,
    SignalRecorded: _signal,
    AttemptEnded: _ended,
    FeedbackGiven: _feedback,
    StrategyAssigned: _strategy,
}
