import threading
from typing import Any

from faults.records import records
from faults.topics import messages
from support.polling import eventually

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    StepRecorded,
)
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.attempts.idle import IdleAttempts
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker


def closings(settings: Settings) -> list[tuple[int, AttemptEnded]]:
    published = messages(settings, EVENTS)
    return [
        (part, event) for part, event in published if isinstance(event, AttemptEnded)
    ]


def idle_attempts(settings: Settings, idle_s: float) -> IdleAttempts:
    return IdleAttempts(ClickHouse(settings), Publisher(producer(settings)), idle_s)


def write_some(settings: Settings) -> None:
    def of(attempt_id: str) -> dict[str, Any]:
        return {"tenant": settings.tenant, "attempt_id": attempt_id}

    events = [
        AttemptStarted(**of("open"), problem="p"),
        AttemptStarted(**of("over"), problem="p"),
        AttemptEnded(**of("over"), status="unknown"),
        StepRecorded(**of("no-start"), kind="action", name="run"),
        FeedbackGiven(**of("waiting"), value=1.0),
    ]
    letters = DeadLetters(producer(settings), "streams")
    sink = Sink(ClickHouse(settings), Publisher(producer(settings)), letters)
    Worker(ClickHouse(settings), sink, threading.Event()).process(
        records(events, partition=2)
    )


def test_open_attempts_without_events_are_closed_by_one_event_each(
    apart: Settings,
) -> None:
    write_some(apart)
    idle = idle_attempts(apart, 0.001)
    eventually(lambda: closed(apart, idle), {"open", "no-start"})
    idle.close([2])
    once = closings(apart)
    assert len(once) == 2, "the search continues after the last attempt"
    idle_attempts(apart, 0.001).close([2])
    twice = closings(apart)
    assert len(twice) == 4 and len({e.event_id for _, e in twice}) == 2
    assert {(part, e.status) for part, e in twice} == {(2, "abandoned")}


def test_attempts_of_other_partitions_are_left_to_others(apart: Settings) -> None:
    write_some(apart)
    idle = idle_attempts(apart, 0.001)
    eventually(lambda: idle.close([2]) >= 2)
    other = apart.model_copy(update={"tenant": apart.tenant + "-other"})
    write_some(other)
    idle_attempts(other, 0.001).close([0, 1, 3])
    assert closings(other) == []


def test_attempts_that_are_not_idle_yet_stay_open(apart: Settings) -> None:
    write_some(apart)
    idle_attempts(apart, 3600).close([2])
    assert closings(apart) == []


def closed(settings: Settings, idle: IdleAttempts) -> set[str]:
    idle.close([2])
    return {event.attempt_id for _, event in closings(settings)}
