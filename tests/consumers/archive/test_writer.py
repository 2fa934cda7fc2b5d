"""One batch into a real ClickHouse: whole, once, and nothing of what was forgotten."""

import time

import pytest
from confluent_kafka import Message as Record
from faults.replay import events

from pilotfish.consumers.archive import writer as archive_writer
from pilotfish.consumers.archive.batch import Batch, read
from pilotfish.consumers.archive.writer import ArchiveWriter
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.forgotten import Order, write_orders
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import EVENTS


def writer(settings: Settings) -> ArchiveWriter:
    return ArchiveWriter(settings, DeadLetters(producer(settings), "archive"))


@pytest.fixture
def batch(apart: Settings) -> Batch:
    return read(
        Record(
            topic=EVENTS.name,
            partition=0,
            offset=offset,
            value=encode(event),
            headers=headers_of(event),
        )
        for offset, event in enumerate(events(apart.tenant, 3))
    )


def stored(settings: Settings) -> int:
    [(count,)] = ClickHouse(settings).query("SELECT count() FROM events")
    return int(count)


def test_a_batch_that_is_written_is_in(apart: Settings, batch: Batch) -> None:
    pending = writer(apart).begin(batch, time.monotonic())
    assert pending.future.result(60)
    assert stored(apart) == batch.records


def test_rows_of_what_was_forgotten_are_dropped(apart: Settings, batch: Batch) -> None:
    gone = next(attempt for _, attempt in batch.attempts())
    order = Order(apart.tenant, gone, "e", 0, 0)
    write_orders(ClickHouse(apart), [order])
    assert writer(apart).begin(batch, time.monotonic()).future.result(60)
    left = ClickHouse(apart).query("SELECT DISTINCT attempt_id FROM events")
    assert len(left) == 2 and (gone,) not in left


def test_a_late_batch_that_another_wrote_is_left_to_it(
    apart: Settings, batch: Batch
) -> None:
    one = writer(apart)
    assert one.begin(batch, time.monotonic()).future.result(60)
    late = time.monotonic() - archive_writer._LATE_S
    assert not one.begin(batch, late).future.result(60)
    assert stored(apart) == batch.records


def test_an_abandoned_batch_is_not_tried_again(
    apart: Settings, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise UnavailableError("away")

    monkeypatch.setattr(ClickHouse, "insert_block", away)
    pending = writer(apart).begin(batch, time.monotonic())
    pending.abandoned.set()
    with pytest.raises(UnavailableError):
        pending.future.result(60)
