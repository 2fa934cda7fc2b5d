"""When the parts of a recorded attempt happened, and what it cost beyond its steps."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Generic, NamedTuple

from pilotfish.schemas.attempt_log.attempt import LoggedStep, RecordedAttempt, Step
from pilotfish.schemas.base import EARLIEST, LATEST
from pilotfish.schemas.events import Status

AnyAttempt = RecordedAttempt[Any]


class Timeline(NamedTuple, Generic[Step]):
    """The times of an attempt: its start, each of its steps, and its end.

    `last` is when its last step ended.
    """

    start: datetime
    steps: list[tuple[Step, datetime]]
    last: datetime
    end: datetime


class Rest(NamedTuple):
    """What an attempt cost beyond its steps."""

    cost: float
    tokens: int


NOTHING: Final = Rest(0.0, 0)


def timeline(recorded: RecordedAttempt[Step], now: datetime) -> Timeline[Step]:
    """Return the times of an attempt; one without any ends now."""
    start = _start(recorded, now)
    steps = list(_steps(recorded, start))
    last = max([start, *(at + _seconds(step) for step, at in steps)])
    return Timeline(start, steps, last, _end(recorded, start, last))


def rest(recorded: AnyAttempt) -> Rest:
    """Return what the attempt cost beyond its steps."""
    cost = (recorded.cost or 0.0) - _total([step.cost for step in recorded.steps])
    tokens = (recorded.tokens or 0) - _total([step.tokens for step in recorded.steps])
    # Sums of decimals differ in the last digits.
    return Rest(cost if cost > 1e-9 else 0.0, max(0, int(tokens)))


def model(recorded: AnyAttempt) -> str:
    """Return the model of the attempt, or of its first step that has one."""
    return recorded.model or next((s.model for s in recorded.steps if s.model), "")


def status(recorded: AnyAttempt) -> Status:
    """Return how the attempt ended, by its outcome."""
    if recorded.success == 1:
        return "succeeded"
    return "failed" if recorded.success == 0 else "unknown"


def _start(recorded: AnyAttempt, now: datetime) -> datetime:
    first = next((step.at for step in recorded.steps if step.at), None)
    if recorded.at or first:
        return recorded.at or first or now
    end = recorded.ended_at or now
    return _possible(end - timedelta(seconds=recorded.duration_s or 0.0), end)


def _end(recorded: AnyAttempt, start: datetime, last: datetime) -> datetime:
    if recorded.ended_at and recorded.ended_at >= start:
        return recorded.ended_at
    if recorded.duration_s is not None:
        last = start + timedelta(seconds=recorded.duration_s)
    return _possible(last, start)


def _steps(
    recorded: RecordedAttempt[Step], start: datetime
) -> Iterator[tuple[Step, datetime]]:
    """Yield the steps with their times: where one has none, the end of the one before."""
    clock = start
    for step in recorded.steps:
        at = step.at or clock
        yield step, at
        clock = _possible(at + _seconds(step), at)


def _total(values: Sequence[float | None]) -> float:
    return sum(value or 0 for value in values)


def _seconds(step: LoggedStep) -> timedelta:
    return timedelta(seconds=step.duration_s or 0.0)


def _possible(at: datetime, otherwise: datetime) -> datetime:
    """Return a time that was computed, if an event can have it."""
    return at if EARLIEST <= at < LATEST else otherwise
