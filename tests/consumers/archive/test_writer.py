"""One batch into a real ClickHouse: whole, once, and nothing of what was forgotten."""

import time

import pytest
from faults.replay import events

from pilotfish.consumers.archive.batch import RowBatch, as_rows
from pilotfish.consumers.archive.writer import LATE_S, ArchiveWriter
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.forgotten import Order, write_orders
from pilotfish.runtime.service.handler import Batch, Received
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import EVENTS


def writer(settings: Settings) -> ArchiveWriter:
    return ArchiveWriter(ClickHouse(settings))


@pytest.fixture
def batch(apart: Settings) -> RowBatch:
    messages = [
        Received(event, EVENTS, 0, offset)
        for offset, event in enumerate(events(apart.tenant, 3))
    ]
    return as_rows(Batch(time.monotonic(), messages, records=len(messages)))


def stored(settings: Settings) -> int:
    [(count,)] = ClickHouse(settings).query("SELECT count() FROM events")
    return int(count)


def test_a_batch_that_is_written_is_in(apart: Settings, batch: RowBatch) -> None:
    pending = writer(apart).begin(batch)
    assert pending.future.result(60)
    assert stored(apart) == batch.records


def test_rows_of_what_was_forgotten_are_dropped(
    apart: Settings, batch: RowBatch
) -> None:
    gone = next(attempt for _, attempt in batch.attempts())
    order = Order(apart.tenant, gone, "e", 0, 0)
    write_orders(ClickHouse(apart), [order])
    assert writer(apart).begin(batch).future.result(60)
    left = ClickHouse(apart).query("SELECT DISTINCT attempt_id FROM events")
    assert len(left) == 2 and (gone,) not in left


def test_a_late_batch_that_another_wrote_is_left_to_it(
    apart: Settings, batch: RowBatch
) -> None:
    one = writer(apart)
    assert one.begin(batch).future.result(60)
    batch.polled_at -= LATE_S
    assert not one.begin(batch).future.result(60)
    assert stored(apart) == batch.records


def test_an_abandoned_batch_is_not_tried_again(
    apart: Settings, batch: RowBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise UnavailableError("away")

    monkeypatch.setattr(ClickHouse, "insert_block", away)
    pending = writer(apart).begin(batch)
    pending.abandoned.set()
    with pytest.raises(UnavailableError):
        pending.future.result(60)
