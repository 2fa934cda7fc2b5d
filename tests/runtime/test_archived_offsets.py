from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from structlog.testing import capture_logs

from pilotfish.consumers.archive.event_rows import event_row
from pilotfish.consumers.archive.rows import EVENTS_TABLE
from pilotfish.runtime.archived_offsets import TABLE_OF, resume_positions, stored_ends
from pilotfish.runtime.broker import PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import consumer, producer, publish
from pilotfish.runtime.kafka_broker import offsets_of
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.events import FeedbackGiven
from pilotfish.schemas.topics import EVENTS

PARTITION = 2


@pytest.fixture
def reader(apart: Settings) -> Iterator[Consumer]:
    """A consumer of a group that has committed nothing."""
    it = consumer(apart, f"test-positions-{apart.tenant}")
    yield it
    it.close()


@pytest.fixture
def end(apart: Settings, reader: Consumer) -> int:
    """The end of a partition that holds at least ten events."""
    to = producer(apart)
    for _ in range(10):
        event = FeedbackGiven(tenant=apart.tenant, attempt_id="a", value=1)
        publish(to, EVENTS, "a", event, partition=PARTITION)
    assert to.flush(60) == 0
    return watermarks(reader)[1]


def watermarks(reader: Consumer) -> tuple[int, int]:
    """Return the first offset of the partition, and its end."""
    place = TopicPartition(EVENTS.name, PARTITION)
    low, high = reader.get_watermark_offsets(place, timeout=60)
    return int(low), int(high)


def store(settings: Settings, offset: int) -> None:
    event = FeedbackGiven(tenant=settings.tenant, attempt_id="a", value=1)
    row = event_row(event, PARTITION, offset)
    ClickHouse(settings).insert("events", EVENTS_TABLE.columns, [row])


def commit(reader: Consumer, offset: int) -> None:
    place = TopicPartition(EVENTS.name, PARTITION, offset)
    reader.commit(offsets=[place], asynchronous=False)


def place_of(settings: Settings, reader: Any) -> int:
    places = [TopicPartition(EVENTS.name, PARTITION)]
    starts = resume_positions(ClickHouse(settings), offsets_of(reader, places))
    assert list(starts) == [(EVENTS.name, PARTITION)]
    return starts[EVENTS.name, PARTITION]


def test_what_nobody_read_is_read_from_its_beginning(
    apart: Settings, reader: Consumer, end: int
) -> None:
    assert place_of(apart, reader) == watermarks(reader)[0] < end


def test_the_table_knows_better_than_the_group(
    apart: Settings, reader: Consumer, end: int
) -> None:
    commit(reader, end - 9)
    store(apart, end - 5)
    assert place_of(apart, reader) == end - 4


def test_the_group_knows_of_stretches_without_rows(
    apart: Settings, reader: Consumer, end: int
) -> None:
    store(apart, end - 9)
    commit(reader, end - 3)
    assert place_of(apart, reader) == end - 3


def test_at_the_very_end_it_waits_for_what_comes(
    apart: Settings, reader: Consumer, end: int
) -> None:
    store(apart, end - 1)
    with capture_logs() as logs:
        assert place_of(apart, reader) == end
    assert logs == []


def test_a_topic_made_again_is_read_from_what_is_committed_and_said_aloud(
    apart: Settings, reader: Consumer, end: int
) -> None:
    store(apart, end + 1000)
    commit(reader, end - 2)
    with capture_logs() as logs:
        assert place_of(apart, reader) == end - 2
    [said] = logs
    assert (said["event"], said["log_level"]) == ("topic_recreated", "error")
    assert (said["stored"], said["end"]) == (end + 1001, end)


def test_nothing_is_asked_for_no_partitions(reader: Consumer) -> None:
    nowhere = ClickHouse(Settings(clickhouse="http://127.0.0.1:1"))
    assert resume_positions(nowhere, offsets_of(reader, [])) == {}


def test_without_clickhouse_there_is_no_answer() -> None:
    nowhere = ClickHouse(Settings(clickhouse="http://127.0.0.1:1"))
    with pytest.raises(UnavailableError):
        resume_positions(nowhere, [PartitionOffsets(EVENTS.name, 0, -1, 0, 0)])


def test_each_topic_has_a_table_that_is_asked(
    apart: Settings, reader: Consumer
) -> None:
    places = [TopicPartition(topic, 0) for topic in TABLE_OF]
    starts = resume_positions(ClickHouse(apart), offsets_of(reader, places))
    assert [topic for topic, _ in starts] == list(TABLE_OF)


@dataclass
class Topic:
    """A consumer of a topic whose first records were dropped for their age."""

    start: int
    end: int
    committed_offset: int = -1001

    def committed(self, places: list[TopicPartition], timeout: float) -> Any:
        return [TopicPartition(p.topic, p.partition, self.committed_offset) for p in places]  # fmt: skip

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        return self.start, self.end


@pytest.mark.parametrize(
    ("topic", "expected"),
    [(Topic(50, 90), 50), (Topic(50, 90, 20), 50), (Topic(50, 90, 70), 70)],
)
def test_what_was_dropped_for_its_age_is_passed_over(
    apart: Settings, topic: Topic, expected: int
) -> None:
    assert place_of(apart, topic) == expected


def test_the_stored_end_is_behind_the_last_row(apart: Settings) -> None:
    clickhouse = ClickHouse(apart)
    assert stored_ends(clickhouse, [EVENTS.name]) == {}
    store(apart, 7)
    assert stored_ends(clickhouse, [EVENTS.name]) == {(EVENTS.name, PARTITION): 8}
