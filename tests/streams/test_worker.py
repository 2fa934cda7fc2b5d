"""Batches over real Kafka and ClickHouse, interrupted at each step of the sink."""

import json
import threading

import pytest
from faults.records import Record, records
from faults.replay import events
from faults.topics import messages
from faults.truth import windows_differ

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import headers_of
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.events import (
    MAX_CONTENT,
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    StepRecorded,
)
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import DEAD, LABELS
from pilotfish.streams.attempts.cache import Cell
from pilotfish.streams.attempts.store import write_cells
from pilotfish.streams.attempts.windows import Counts, Segment, Window
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker

CURRENT = """
SELECT attempt_id, version, p_success, abstained, steps, problem, approach, last_offset
FROM attempts_current WHERE tenant = {tenant:String} ORDER BY attempt_id
"""


class CrashError(Exception):
    """Stands for a kill."""


class CrashesBeforeLabels(Publisher):
    def queue(self, *_message: object) -> None:  # type: ignore[override]
        raise CrashError


class CrashesAfterLabels(Publisher):
    def flush(self) -> None:
        super().flush()
        raise CrashError


def worker(settings: Settings, publisher: type[Publisher] = Publisher) -> Worker:
    letters = DeadLetters(producer(settings), "streams")
    sink = Sink(ClickHouse(settings), publisher(producer(settings)), letters)
    return Worker(ClickHouse(settings), sink, threading.Event())


def process(settings: Settings, batch: list[Record], size: int = 100) -> None:
    processing = worker(settings)
    for begin in range(0, len(batch), size):
        processing.process(batch[begin : begin + size])


def stored(settings: Settings) -> list[tuple[object, ...]]:
    rows = ClickHouse(settings).query(CURRENT, {"tenant": settings.tenant})
    return [tuple(row) for row in rows]


def windows(settings: Settings) -> list[tuple[object, ...]]:
    return ClickHouse(settings).query(
        "SELECT * FROM window_counts WHERE tenant = {tenant:String} ORDER BY ALL",
        {"tenant": settings.tenant},
    )


def published_labels(settings: Settings) -> list[AttemptLabelled]:
    published = [message for _, message in messages(settings, LABELS)]
    return [message for message in published if isinstance(message, AttemptLabelled)]


def letters(settings: Settings) -> list[DeadLetter]:
    published = [message for _, message in messages(settings, DEAD)]
    return [message for message in published if isinstance(message, DeadLetter)]


@pytest.fixture
def published(settings: Settings) -> list[Record]:
    return records(events(settings.tenant, 40))


def test_any_batches_give_the_same_rows(
    settings: Settings, published: list[Record]
) -> None:
    process(settings, published, 37)
    once, counts = stored(settings), windows(settings)
    assert len(once) == 40 and sum(row[5] for row in counts) == 80  # type: ignore[misc]
    assert windows_differ(ClickHouse(settings), settings.tenant) == []
    process(settings, published, 400)
    process(settings, published[111:], 13)
    assert (stored(settings), windows(settings)) == (once, counts)


@pytest.mark.parametrize("publisher", [CrashesBeforeLabels, CrashesAfterLabels])
def test_a_crash_within_the_sink_is_harmless(
    settings: Settings, published: list[Record], publisher: type[Publisher]
) -> None:
    process(settings, published[:120], 40)
    with pytest.raises(CrashError):
        worker(settings, publisher).process(published[120:260])
    process(settings, published[120:], 33)
    assert windows_differ(ClickHouse(settings), settings.tenant) == []
    assert sum(row[5] for row in windows(settings)) == 80  # type: ignore[misc]
    newest = {label.attempt_id: label.version for label in published_labels(settings)}
    assert newest == {row[0]: row[1] for row in stored(settings)}


def test_the_check_of_windows_sees_a_difference(
    settings: Settings, published: list[Record]
) -> None:
    process(settings, published)
    window = Window(settings.tenant, 60, 1_767_225_600, 0)
    clickhouse = ClickHouse(settings)
    write_cells(clickhouse, [(window, Segment("sql", "plan"), Cell(Counts(1), 10**6))])
    assert len(windows_differ(clickhouse, settings.tenant)) == 1


def test_rows_of_a_worker_that_lost_its_partition_are_ignored(
    settings: Settings, published: list[Record]
) -> None:
    """It read 120 events, was paused, and writes the next ones after another worker did."""
    paused = worker(settings)
    paused.process(published[:120])
    process(settings, published, 50)
    before, counts = stored(settings), windows(settings)
    paused.process(published[120:200])
    assert (stored(settings), windows(settings)) == (before, counts)
    assert windows_differ(ClickHouse(settings), settings.tenant) == []


def test_forgotten_states_are_loaded_again(
    settings: Settings, published: list[Record]
) -> None:
    first, second = worker(settings), worker(settings)
    first.process(published[:100])
    second.process(published[100:200])
    first.forget()
    first.process(published[200:])
    assert windows_differ(ClickHouse(settings), settings.tenant) == []
    assert len(stored(settings)) == 40


def started(settings: Settings, attempt_id: str = "a") -> AttemptStarted:
    return AttemptStarted(
        tenant=settings.tenant, attempt_id=attempt_id, problem="p", approach="plan"
    )


def ended(settings: Settings, attempt_id: str = "a") -> AttemptEnded:
    return AttemptEnded(
        tenant=settings.tenant, attempt_id=attempt_id, status="succeeded"
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'{"tenant": "TENANT", "cut off', "Invalid JSON"),
        (b'{"tenant": "TENANT", "attempt_id": 7}', "attempt_id"),
        (b'{"tenant": "TENANT", "bad": "\xff"}', "Invalid JSON"),
        (None, "no value"),
    ],
)
def test_unreadable_records_are_set_aside_and_the_others_are_processed(
    settings: Settings, value: bytes | None, reason: str
) -> None:
    raw = value and value.replace(b"TENANT", settings.tenant.encode())
    good = records([started(settings), ended(settings)], 1)
    bad = Record(0, 0, b"a", raw, [("schema", b"StepRecorded"), ("version", b"1")])
    assert len(worker(settings).process([bad, *good]).unreadable) == 1
    assert len(stored(settings)) == 1
    if raw and b"attempt_id" in raw:
        [letter] = letters(settings)
        assert reason in letter.reason and letter.value == raw


def reasons(settings: Settings, *published: Record) -> list[str]:
    batch = worker(settings).process(list(published))
    return [reason for _, reason in batch.unreadable]


def altered(event: Event, **fields: object) -> bytes:
    return json.dumps(event.model_dump(mode="json") | fields).encode()


def test_each_unreadable_record_has_its_reason(settings: Settings) -> None:
    step = StepRecorded(
        tenant=settings.tenant, attempt_id="a", kind="action", name="run"
    )
    named = headers_of(step)
    odd = [
        (b"not json", named, "Invalid JSON"),
        (altered(step, tokens="many"), named, "StepRecorded.tokens"),
        (altered(step, content="x" * 300_000), named, f"at most {MAX_CONTENT}"),
        (altered(step, content="x" * 2_000_000), named, "allows 1048576"),
        (altered(step, at="1970-01-01T00:00:00Z"), named, "equal to 2020"),
        (altered(step), [("schema", b"StepRecorded"), ("version", b"99")], "99"),
        (altered(step), [("schema", b"Unknown"), ("version", b"1")], "Unknown"),
        (altered(step), [], "no `schema` header"),
    ]
    batch = [
        Record(0, i, b"a", value, named) for i, (value, named, _) in enumerate(odd)
    ]
    for reason, (_, _, expected) in zip(reasons(settings, *batch), odd, strict=True):
        assert expected in reason


def test_an_event_in_the_wrong_partition_is_set_aside(settings: Settings) -> None:
    own = records([started(settings)], partition=1)
    misplaced = records([ended(settings)], partition=2)
    assert "partition 1" in reasons(settings, *own, *misplaced)[0]


def test_a_label_describes_its_attempt(settings: Settings) -> None:
    feedback = FeedbackGiven(tenant=settings.tenant, attempt_id="a", value=0.25)
    batch = records([started(settings), ended(settings), feedback], 7, partition=3)
    labelling = worker(settings)
    labelling.process(batch[:2])
    labelling.process(batch[2:])
    first, second = published_labels(settings)
    assert (first.version, first.p_success, first.offset) == (1, 1.0, 8)
    assert (second.version, second.p_success, second.offset) == (2, 0.25, 9)
    assert first.first_offset == second.first_offset == 8
    assert (first.problem, first.approach, first.partition) == ("p", "plan", 3)
    assert [(e.kind, e.value, e.source) for e in second.evidence] == [
        ("explicit", 1.0, "end"),
        ("explicit", 0.25, "feedback:user"),
    ]


def test_feedback_waits_months_for_its_attempt(settings: Settings) -> None:
    feedback = FeedbackGiven(tenant=settings.tenant, attempt_id="a", value=0.25)
    batch = records([feedback, started(settings), ended(settings)], 7, partition=3)
    worker(settings).process(batch[:1])
    clickhouse = ClickHouse(settings)
    aged = (
        "UPDATE inserted_at = inserted_at - toIntervalDay(90) WHERE tenant = {t:String}"
    )
    clickhouse.command(
        f"ALTER TABLE attempts {aged} SETTINGS mutations_sync = 2",
        {"t": settings.tenant},
    )
    clickhouse.command("OPTIMIZE TABLE attempts FINAL")
    worker(settings).process(batch[1:])
    [label] = published_labels(settings)
    assert (label.version, label.p_success) == (1, 0.25)


def test_a_worker_stops_waiting_when_stop_is_set(settings: Settings) -> None:
    unreachable = settings.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    stop = threading.Event()
    stop.set()
    sink = Sink(
        ClickHouse(unreachable),
        Publisher(producer(settings)),
        DeadLetters(producer(settings), "streams"),
    )
    with pytest.raises(Exception, match="does not answer"):
        Worker(ClickHouse(unreachable), sink, stop).process(
            records([started(settings)])
        )
