"""Logged attempts as the events that an agent would have published."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from pilotfish.schemas.attempt_log.attempt import (
    LoggedAttempt,
    LoggedStep,
    RecordedAttempt,
    Step,
)
from pilotfish.schemas.attempt_log.timeline import (
    NOTHING,
    Rest,
    Timeline,
    model,
    rest,
    status,
    timeline,
)
from pilotfish.schemas.events import (
    Agent,
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.fitting import fitting


def events_of(
    logged: LoggedAttempt, tenant: str, attempt_id: str, now: datetime
) -> list[Event]:
    """Return the events of an attempt in order; their ids follow from the attempt's.

    What the attempt cost beyond its steps is counted with the last one, or with an answer
    if it has none. An outcome between 0 and 1 is a signal; without an outcome there is
    no evidence. An attempt without any time ends now.
    """
    times = timeline(logged, now)
    fields = _Fields(tenant, attempt_id)
    return [
        _started(fields.at(times.start), logged),
        *step_events(logged, times, lambda _place, _step, at: fields.at(at)),
        *_ended(fields, logged, times.end),
    ]


def step_events(
    recorded: RecordedAttempt[Step],
    times: Timeline[Step],
    fields_of: Callable[[int, Step | None, datetime], dict[str, Any]],
) -> Iterator[StepRecorded]:
    """Yield the events of an attempt's steps, cut to size.

    What the attempt cost beyond its steps is counted with the last one, or with an answer
    if it has none.

    Args:
        recorded: the attempt.
        times: when its parts happened.
        fields_of: returns the ids and the time of the event of a step, given its place,
            from 1, and its time; there is no step for that answer.
    """
    beyond = rest(recorded)
    for place, (step, at) in enumerate(times.steps, 1):
        last = place == len(times.steps)
        yield _step_event(fields_of(place, step, at), step, beyond if last else NOTHING)
    if not times.steps and any(beyond):
        answer = LoggedStep(kind="answer", name="answer")
        yield _step_event(fields_of(1, None, times.last), answer, beyond)


def _step_event(fields: dict[str, Any], step: LoggedStep, beyond: Rest) -> StepRecorded:
    event = StepRecorded(
        **fields,
        kind=step.kind,
        name=step.name,
        content=step.content,
        truncated=step.truncated,
        duration_s=step.duration_s,
        cost=(step.cost or 0.0) + beyond.cost,
        tokens=(step.tokens or 0) + beyond.tokens,
    )
    return fitting(event)


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
        agent=Agent(model=model(logged)),
        attributes={"log_id": logged.id} if logged.id else {},
    )


def _ended(fields: _Fields, logged: LoggedAttempt, end: datetime) -> Iterator[Event]:
    ended = status(logged)
    if logged.success is not None and ended == "unknown":
        yield SignalRecorded(**fields.at(end), kind="explicit", value=logged.success)
    yield AttemptEnded(
        **fields.at(end),
        status=ended,
        reason="recorded as failed" if ended == "failed" else "",
        approach=logged.approach,
    )
