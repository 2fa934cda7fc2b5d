"""Orders to forget: on a real ClickHouse and the model's, and through the worker."""

import threading
from typing import Any

import pytest
from faults.records import Record
from faults.topics import messages
from faults.truth import windows_differ

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.forgotten import ANY, Forgotten, Order, write_orders
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    StepRecorded,
)
from pilotfish.schemas.forgotten import FORGOTTEN, AttemptForgotten, TenantForgotten
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import LABELS
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker

ROWS = """
SELECT attempt_id, status, problem, p_success, last_offset FROM attempts FINAL
WHERE tenant = {tenant:String} ORDER BY attempt_id
"""


class CrashError(Exception):
    """What a kill looks like from inside."""


class Crashing(ClickHouse):
    """A ClickHouse behind which everything ends at the insert into one table."""

    def __init__(self, settings: Settings, table: str) -> None:
        super().__init__(settings)
        self._at = table

    def insert(self, table: str, columns: Any, rows: Any) -> None:
        if table == self._at and rows:
            raise CrashError
        super().insert(table, columns, rows)


def worker(settings: Settings, crashes_at: str = "") -> Worker:
    letters = DeadLetters(producer(settings), "streams")
    writer = Crashing(settings, crashes_at)
    sink = Sink(writer, Publisher(producer(settings)), letters)
    return Worker(ClickHouse(settings), sink, threading.Event())


def at(first_offset: int, *given: Message) -> list[Record]:
    return [
        Record(0, offset, b"k", encode(one), headers_of(one))
        for offset, one in enumerate(given, first_offset)
    ]


def story(settings: Settings, attempt_id: str = "a") -> list[Message]:
    own: dict[str, Any] = {"tenant": settings.tenant, "attempt_id": attempt_id}
    return [
        AttemptStarted(**own, problem="p", approach="plan"),
        StepRecorded(**own, kind="action", name="sql", cost=0.5),
        AttemptEnded(**own, status="succeeded"),
    ]


def order(settings: Settings, attempt_id: str = "a") -> AttemptForgotten:
    return AttemptForgotten(tenant=settings.tenant, attempt_id=attempt_id)


def feedback(settings: Settings, attempt_id: str = "a") -> FeedbackGiven:
    return FeedbackGiven(tenant=settings.tenant, attempt_id=attempt_id, value=0.0)


def stored(settings: Settings) -> list[tuple[Any, ...]]:
    return ClickHouse(settings).query(ROWS, {"tenant": settings.tenant})


def noted(settings: Settings) -> list[tuple[Any, ...]]:
    return ClickHouse(settings).query(
        "SELECT DISTINCT attempt_id, topic_offset FROM forgotten"
        " WHERE tenant = {tenant:String} ORDER BY ALL",
        {"tenant": settings.tenant},
    )


def labels(settings: Settings) -> list[AttemptLabelled]:
    found = [message for _, message in messages(settings, LABELS)]
    return [message for message in found if isinstance(message, AttemptLabelled)]


def test_what_was_noted_is_known_to_who_looks_again(clickhouse: Any) -> None:
    one = Forgotten(clickhouse)
    asked = [("t1", "a"), ("t1", "b"), ("t2", "a"), ("t3", "a"), (ANY, "a"), (ANY, "b")]
    known = one.among(asked) - {("t1", "z")}
    write_orders(clickhouse, [Order("t1", "a", "e", 0, 3), Order("t3", "", "e", 1, 4)])
    assert one.among(asked) - known == {("t1", "a"), ("t3", "a"), (ANY, "a")}
    assert one.among([]) == set()


def test_counts_and_label_are_taken_back_and_ids_are_left(settings: Settings) -> None:
    one = worker(settings)
    one.process(at(0, *story(settings), *story(settings, "b")))
    one.process(at(6, order(settings), feedback(settings), *story(settings)))
    gone, kept = stored(settings)
    assert gone == ("a", FORGOTTEN, "", None, 6)
    assert kept[:4] == ("b", "succeeded", "p", 1.0)
    assert windows_differ(ClickHouse(settings), settings.tenant) == []
    *_, last = labels(settings)
    assert (last.attempt_id, last.version, last.abstained) == ("a", 2, FORGOTTEN)
    assert (last.problem, last.p_success, last.approach) == ("p", None, None)
    assert (last.evidence, last.votes, last.actions) == ((), {}, ())
    assert noted(settings) == [("a", 6)]


def test_in_one_batch_it_is_forgotten_before_it_is_told(settings: Settings) -> None:
    worker(settings).process(at(0, *story(settings), order(settings)))
    assert stored(settings) == [("a", FORGOTTEN, "", None, 3)]
    assert [label.abstained for label in labels(settings)] == [FORGOTTEN]
    assert windows_differ(ClickHouse(settings), settings.tenant) == []


def test_an_open_or_unknown_attempt_has_no_label_to_take_back(
    settings: Settings,
) -> None:
    given = [*story(settings)[:2], order(settings), order(settings, "unknown")]
    worker(settings).process(at(0, *given, feedback(settings, "unknown")))
    assert [row[:2] for row in stored(settings)] == [
        ("a", FORGOTTEN),
        ("unknown", FORGOTTEN),
    ]
    assert labels(settings) == []


@pytest.mark.parametrize(
    "table",
    ["window_counts_by_partition", "label_models", "attempts", "forgotten"],
)
def test_a_crash_at_any_table_is_harmless(settings: Settings, table: str) -> None:
    worker(settings).process(at(0, *story(settings)))
    batch = at(3, *story(settings, "b"), order(settings), feedback(settings))
    with pytest.raises(CrashError):
        worker(settings, table).process(batch)
    worker(settings).process(batch)
    assert [row[:2] for row in stored(settings)] == [
        ("a", FORGOTTEN),
        ("b", "succeeded"),
    ]
    assert windows_differ(ClickHouse(settings), settings.tenant) == []
    assert noted(settings) == [("a", 6)]
    newest = {label.attempt_id: label.abstained for label in labels(settings)}
    assert newest == {"a": FORGOTTEN, "b": ""}


def test_an_order_given_again_is_noted_again(settings: Settings) -> None:
    worker(settings).process(at(0, *story(settings), order(settings)))
    worker(settings).process(at(4, order(settings)))
    assert noted(settings) == [("a", 3), ("a", 4)]
    assert stored(settings) == [("a", FORGOTTEN, "", None, 3)]
    assert len(labels(settings)) == 1


def test_without_its_tombstone_an_attempt_stays_forgotten(settings: Settings) -> None:
    """Its retention may have passed."""
    write_orders(ClickHouse(settings), [Order(settings.tenant, "a", "e", 0, 3)])
    worker(settings).process(at(9, feedback(settings), *story(settings)))
    assert stored(settings) == []
    assert labels(settings) == []


def test_of_a_tenant_nothing_is_taken_in(settings: Settings) -> None:
    one = worker(settings)
    one.process(at(0, *story(settings)))
    before = stored(settings)
    gone = TenantForgotten(tenant=settings.tenant)
    one.process(at(3, *story(settings, "b"), gone, feedback(settings)))
    one.process(at(8, feedback(settings), *story(settings, "c")))
    worker(settings).process(at(3, *story(settings, "b")))
    assert stored(settings) == before
    assert noted(settings) == [("", 6)]
