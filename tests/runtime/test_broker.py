"""The contract of a broker, over Kafka with both strategies and over the log in memory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from threading import Timer
from typing import Any

import pytest
from confluent_kafka import Message as Record
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from support.polling import eventually

from pilotfish.runtime.broker import Broker, Ends, PartitionOffsets
from pilotfish.runtime.kafka import client_config, producer
from pilotfish.runtime.kafka_broker import KafkaBroker, Strategy
from pilotfish.runtime.memory_broker import MemoryBroker, MemoryLog
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import EVENTS, Topic

PARTITIONS = 2
TESTS = 30
"""More than there are tests of this file over Kafka."""
WITHIN_S = 60.0
REBALANCED_S = 4.5
"""A member hears of a rebalance by its heartbeat, every three seconds: in one poll it
gets records first, and then loses their partitions."""


@dataclass
class Listener:
    """Reads on where committed, unless a test says otherwise; remembers what it was told."""

    starts: Mapping[Place, int] = field(default_factory=dict)
    done: dict[Place, int] = field(default_factory=dict)
    offsets: list[PartitionOffsets] = field(default_factory=list)
    lost: list[Place] = field(default_factory=list)

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        self.offsets += partitions
        return {p.place: self.starts.get(p.place, p.resume()) for p in partitions}

    def revoked(self, places: Sequence[Place]) -> Ends:
        self.lost += places
        return self.done


class Kafka:
    """A topic and a group of their own on the shared Kafka."""

    def __init__(self, settings: Settings, topic: str, strategy: Strategy) -> None:
        self._settings = settings
        self._strategy: Strategy = strategy
        self.topic = replace(EVENTS, name=topic)
        self._group = f"pilotfish-{topic}"
        self._producer = producer(settings)
        self._open = ExitStack()

    def publish(self, partition: int, *values: bytes) -> None:
        for value in values:
            self._producer.produce(self.topic.name, value, partition=partition)
        assert self._producer.flush(WITHIN_S) == 0

    def open(self) -> KafkaBroker:
        broker = KafkaBroker(self._settings, self._group, self._strategy)
        self._open.callback(broker.close, 10.0)
        return broker

    def rebalance(self, broker: Broker, listener: Listener) -> None:
        """Let another consumer join, which takes partitions, and leave again."""
        other, others = self.open(), Listener()
        other.subscribe([self.topic], others)
        eventually(
            lambda: (broker.poll(0, 0.1), other.poll(0, 0.1)) and bool(others.offsets)
        )
        other.close(10.0)

    def disturb(self, broker: Broker, other: Broker, listener: Listener) -> None:
        """Let another consumer join the group."""
        other.subscribe([self.topic], listener)

    def close(self) -> None:
        self._open.close()


class Memory:
    """A log in memory."""

    def __init__(self) -> None:
        self._log = MemoryLog(PARTITIONS)
        self.topic: Topic = EVENTS

    def publish(self, partition: int, *values: bytes) -> None:
        for value in values:
            self._log.append(self.topic.name, partition, b"", value, [])

    def open(self) -> MemoryBroker:
        return MemoryBroker(self._log, "group")

    def rebalance(self, broker: Any, listener: Listener) -> None:
        broker.rebalance()
        broker.poll(0, 0.0)
        assert listener.lost

    def disturb(self, broker: Any, other: Broker, listener: Listener) -> None:
        other.subscribe([], listener)
        broker.rebalance()

    def close(self) -> None:
        """Nothing is open."""


Platform = Kafka | Memory


@pytest.fixture(scope="module")
def topics(servers: Settings) -> Iterator[str]:
    """Names of empty topics, created together: each alone would take its time."""
    names = [f"test-broker-{new_id()}" for _ in range(TESTS)]
    new = [NewTopic(name, PARTITIONS, 1) for name in names]
    admin = AdminClient(client_config(servers))
    for made in admin.create_topics(new).values():
        made.result(WITHIN_S)
    return iter(names)


@pytest.fixture(params=["range", "cooperative-sticky", "memory"])
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    made: Platform = Memory()
    if request.param != "memory":
        topic = next(request.getfixturevalue("topics"))
        strategy: Strategy = request.param
        made = Kafka(request.getfixturevalue("settings"), topic, strategy)
    yield made
    made.close()


def read(broker: Broker, count: int, most: int = 100) -> list[Record]:
    """Poll until so many records came; then no more may come."""
    records: list[Record] = []

    def enough() -> bool:
        came = broker.poll(most, 0.2)
        assert len(came) <= most
        records.extend(came)
        return len(records) >= count

    eventually(enough)
    assert broker.poll(most, 0.2) == []
    return records


def values(records: Sequence[Record], partition: int) -> list[bytes]:
    return [r.value() or b"" for r in records if r.partition() == partition]


def joined(platform: Platform, listener: Listener) -> Broker:
    """Open a broker that has all partitions, and has read nothing yet."""
    broker = platform.open()
    broker.subscribe([platform.topic], listener)
    eventually(
        lambda: broker.poll(0, 0.1) == [] and len(listener.offsets) >= PARTITIONS
    )
    return broker


def test_it_reads_each_partition_in_order(platform: Platform) -> None:
    platform.publish(0, b"a", b"b", b"c")
    platform.publish(1, b"x", b"y")
    records = read(joined(platform, Listener()), 5, most=2)
    assert values(records, 0) == [b"a", b"b", b"c"]
    assert values(records, 1) == [b"x", b"y"]
    assert {record.topic() for record in records} == {platform.topic.name}


def test_it_says_what_the_group_finds_in_each_partition(platform: Platform) -> None:
    platform.publish(1, b"x", b"y")
    listener = Listener()
    joined(platform, listener)
    found = sorted(listener.offsets)
    assert [(p.topic, p.partition) for p in found] == [
        (platform.topic.name, 0),
        (platform.topic.name, 1),
    ]
    assert [(p.low, p.high) for p in found] == [(0, 0), (0, 2)]
    assert all(p.committed < 0 and p.resume() == 0 for p in found)


def test_it_begins_where_the_listener_says(platform: Platform) -> None:
    platform.publish(0, b"a", b"b", b"c")
    platform.publish(1, b"x", b"y")
    listener = Listener({(platform.topic.name, 0): 2})
    records = read(joined(platform, listener), 3)
    assert values(records, 0) == [b"c"] and values(records, 1) == [b"x", b"y"]


def test_while_it_stays_it_reads_nothing_and_misses_nothing(platform: Platform) -> None:
    broker = joined(platform, Listener())
    platform.publish(0, b"a", b"b")
    for _ in range(5):
        assert broker.poll(0, 0.1) == []
    assert values(read(broker, 2), 0) == [b"a", b"b"]
    assert broker.poll(0, 0.1) == []
    platform.publish(0, b"c")
    assert values(read(broker, 1), 0) == [b"c"]


@pytest.mark.parametrize("how", ["commit", "commit_now"])
def test_the_next_consumer_reads_on_behind_what_is_committed(
    platform: Platform, how: str
) -> None:
    platform.publish(0, b"a", b"b", b"c")
    broker = joined(platform, Listener())
    read(broker, 3)
    getattr(broker, how)({(platform.topic.name, 0): 2})
    broker.close(10.0)
    listener = Listener()
    assert values(read(joined(platform, listener), 1), 0) == [b"c"]
    assert {p.place: p.committed for p in listener.offsets}[platform.topic.name, 0] == 2


def test_what_nobody_committed_is_read_again(platform: Platform) -> None:
    platform.publish(0, b"a", b"b")
    broker = joined(platform, Listener())
    read(broker, 2)
    broker.close(10.0)
    assert values(read(joined(platform, Listener()), 2), 0) == [b"a", b"b"]


def test_rewound_it_reads_on_where_the_listener_says_then(platform: Platform) -> None:
    platform.publish(0, b"a", b"b", b"c")
    platform.publish(1, b"x")
    listener = Listener()
    broker = joined(platform, listener)
    read(broker, 4)
    listener.starts = {(platform.topic.name, 0): 1, (platform.topic.name, 1): 1}
    broker.rewind()
    assert values(read(broker, 2), 0) == [b"b", b"c"]
    platform.publish(1, b"y")
    assert values(read(broker, 1), 1) == [b"y"]


def test_a_rebalance_commits_what_is_done_and_loses_nothing(platform: Platform) -> None:
    platform.publish(0, b"a", b"b")
    platform.publish(1, b"x", b"y")
    listener = Listener()
    broker = joined(platform, listener)
    read(broker, 4)
    listener.done = {(platform.topic.name, p): 1 for p in range(PARTITIONS)}
    platform.rebalance(broker, listener)
    seen: list[Record] = []
    last = {0: b"b", 1: b"y"}

    def complete() -> bool:
        seen.extend(broker.poll(100, 0.2))
        return all(last[partition] in values(seen, partition) for _, partition in lost)

    lost = list(listener.lost)
    eventually(complete)
    assert {b"a", b"x"}.isdisjoint(record.value() or b"" for record in seen)


def test_through_rebalances_each_record_is_returned_once(platform: Platform) -> None:
    """Where a listener begins behind what was returned, as the archive does."""
    stored: dict[Place, int] = {}

    def take(broker: Broker, timeout_s: float = 0.05) -> None:
        for record in broker.poll(1000, timeout_s):
            place = record.topic() or "", record.partition() or 0
            assert record.offset() == stored.get(place, 0)
            stored[place] = stored.get(place, 0) + 1

    def until_read(*brokers: Broker) -> None:
        def complete() -> bool:
            for broker in brokers:
                take(broker)
            return sum(stored.values()) == published

        eventually(complete)

    broker, other = joined(platform, Listener(stored)), platform.open()
    for partition in range(PARTITIONS):
        platform.publish(partition, *[b"."] * 40)
    published = 40 * PARTITIONS
    joins = Timer(1.0, platform.disturb, [broker, other, Listener(stored)])
    joins.start()
    take(broker, REBALANCED_S)
    joins.join()
    until_read(broker, other)


@pytest.mark.parametrize(
    ("offsets", "stored", "expected"),
    [
        ((-1001, 0, 9), 0, 0),
        ((4, 0, 9), 0, 4),
        ((4, 0, 9), 7, 7),
        ((4, 6, 9), 0, 6),
        ((4, 0, 9), 10, 4),
        ((12, 0, 9), 0, 0),
    ],
)
def test_reading_goes_on_behind_what_is_stored_and_committed(
    offsets: tuple[int, int, int], stored: int, expected: int
) -> None:
    assert PartitionOffsets("t", 0, *offsets).resume(stored) == expected
