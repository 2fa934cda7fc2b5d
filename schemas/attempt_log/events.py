"""Logged attempts as the events that an agent would have published."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pilotfish.schemas.attempt_log.attempt import LoggedAttempt, LoggedStep
from pilotfish.schemas.base import EARLIEST, LATEST
from pilotfish.schemas.events import (
    Agent,
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    Status,
    StepRecorded,
)
from pilotfish.schemas.fitting import fitting


class Rest(NamedTuple):
    """What an attempt cost beyond its steps."""

    cost: float
    tokens: int


def events_of(
    logged: LoggedAttempt, tenant: str, attempt_id: str, now: datetime
) -> list[Event]:
    """Return the events of an attempt in order; their ids follow from the attempt's.

    What the attempt cost beyond its steps is counted with the last one, or with an answer
    if it has none. An outcome between 0 and 1 is a signal; without an outcome there is
    no evidence. An attempt without any time ends now.
    """
    start = _start(logged, now)
    steps = list(_steps(logged, start))
    last = max([start, *(at + _seconds(step) for step, at in steps)])
    fields = _Fields(tenant, attempt_id)
    return [
        _started(fields.at(start), logged),
        *_recorded(fields, logged, steps, last),
        *_ended(fields, logged, _end(logged, start, last)),
    ]


class _Fields:
    """The common fields of an attempt's events, which it numbers."""

    def __init__(self, tenant: str, attempt_id: str) -> None:
        self._ids = {"tenant": tenant, "attempt_id": attempt_id}
        self._events = 0

    def at(self, at: datetime) -> dict[str, Any]:
        """Return the fields of the next event, which happened at this time."""
        self._events += 1
        event_id = f"{self._ids['attempt_id']}/{self._events:06}"
        return {**self._ids, "event_id": event_id, "at": at}


def _started(fields: dict[str, Any], logged: LoggedAttempt) -> AttemptStarted:
    return AttemptStarted(
        **fields,
        problem=logged.problem,
        problem_type=logged.problem_type,
        approach=logged.approach,
        agent=Agent(model=_model(logged)),
        attributes={"log_id": logged.id} if logged.id else {},
    )


def _recorded(
    fields: _Fields,
    logged: LoggedAttempt,
    steps: Sequence[tuple[LoggedStep, datetime]],
    last: datetime,
) -> Iterator[StepRecorded]:
    rest = _rest(logged)
    for place, (step, at) in enumerate(steps, 1):
        beyond = rest if place == len(steps) else Rest(0.0, 0)
        yield _step(fields.at(at), step, beyond)
    if not steps and any(rest):
        answer = LoggedStep(kind="answer", name="answer")
        yield _step(fields.at(last), answer, rest)


def _ended(fields: _Fields, logged: LoggedAttempt, end: datetime) -> Iterator[Event]:
    status = _status(logged)
    if logged.success is not None and status == "unknown":
        yield SignalRecorded(**fields.at(end), kind="explicit", value=logged.success)
    yield AttemptEnded(
        **fields.at(end),
        status=status,
        reason="recorded as failed" if status == "failed" else "",
        approach=logged.approach,
    )


def _start(logged: LoggedAttempt, now: datetime) -> datetime:
    first = next((step.at for step in logged.steps if step.at), None)
    if logged.at or first:
        return logged.at or first or now
    end = logged.ended_at or now
    return _possible(end - timedelta(seconds=logged.duration_s or 0.0), end)


def _end(logged: LoggedAttempt, start: datetime, last: datetime) -> datetime:
    if logged.ended_at and logged.ended_at >= start:
        return logged.ended_at
    if logged.duration_s is not None:
        last = start + timedelta(seconds=logged.duration_s)
    return _possible(last, start)


def _steps(
    logged: LoggedAttempt, start: datetime
) -> Iterator[tuple[LoggedStep, datetime]]:
    """Yield the steps with their times: where one has none, the end of the one before."""
    clock = start
    for step in logged.steps:
        at = step.at or clock
        yield step, at
        clock = _possible(at + _seconds(step), at)


def _step(fields: dict[str, Any], step: LoggedStep, rest: Rest) -> StepRecorded:
    event = StepRecorded(
        **fields,
        kind=step.kind,
        name=step.name,
        content=step.content,
        truncated=step.truncated,
        duration_s=step.duration_s,
        cost=(step.cost or 0.0) + rest.cost,
        tokens=(step.tokens or 0) + rest.tokens,
    )
    return fitting(event)


def _rest(logged: LoggedAttempt) -> Rest:
    cost = (logged.cost or 0.0) - _total([step.cost for step in logged.steps])
    tokens = (logged.tokens or 0) - _total([step.tokens for step in logged.steps])
    # Sums of decimals differ in the last digits.
    return Rest(cost if cost > 1e-9 else 0.0, max(0, int(tokens)))


def _total(values: Sequence[float | None]) -> float:
    return sum(value or 0 for value in values)


def _model(logged: LoggedAttempt) -> str:
    return logged.model or next((s.model for s in logged.steps if s.model), "")


def _status(logged: LoggedAttempt) -> Status:
    if logged.success == 1:
        return "succeeded"
    return "failed" if logged.success == 0 else "unknown"


def _seconds(step: LoggedStep) -> timedelta:
    return timedelta(seconds=step.duration_s or 0.0)


def _possible(at: datetime, otherwise: datetime) -> datetime:
    """Return a time that was computed, if an event can have it."""
    return at if EARLIEST <= at < LATEST else otherwise
