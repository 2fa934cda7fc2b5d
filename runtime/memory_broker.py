"""A log in memory that stands in for Kafka, for tests of services and of the loop."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from confluent_kafka import Message as Record

from pilotfish.runtime.broker import Ends, PartitionOffsets, RebalanceListener
from pilotfish.schemas.codec import Headers
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import Topic


@dataclass
class MemoryLog:
    """Records by place, and what each consumer group has committed."""

    partitions: int = 2
    records: dict[Place, list[Record]] = field(
        default_factory=lambda: defaultdict(list)
    )
    committed: dict[tuple[str, Place], int] = field(default_factory=dict)

    def append(
        self,
        topic: str,
        partition: int,
        key: str | bytes,
        value: bytes | None,
        headers: Headers,
    ) -> None:
        """Publish a record; into a negative partition means into that of its key."""
        if partition < 0:
            partition = crc32(_bytes(key)) % self.partitions
        place = self.records[topic, partition]
        place.append(
            Record(
                topic=topic,
                partition=partition,
                offset=len(place),
                key=_bytes(key),
                value=value,
                headers=[(name, _bytes(text or b"")) for name, text in headers],
            )
        )

    def of(self, topic: str) -> list[Record]:
        """Return all records of a topic, partition by partition."""
        return [
            record
            for partition in range(self.partitions)
            for record in self.records[topic, partition]
        ]


class MemoryBroker:
    """The only consumer of its group over a log in memory.

    It joins at the first `poll`. `rebalance` takes all partitions away and gives them
    back, in the middle of the next `poll`: what was read before is not returned.

    Args:
        log: the log.
        group: the consumer group.
        at_once: records that one `poll` takes from a partition, at most.
    """

    def __init__(self, log: MemoryLog, group: str, at_once: int = 1000) -> None:
        self._log = log
        self._group = group
        self._topics: list[str] = []
        self._listener: RebalanceListener | None = None
        self._next: dict[Place, int] = {}
        self._rebalance_due = True
        self.at_once = at_once

    def subscribe(self, topics: Sequence[Topic], listener: RebalanceListener) -> None:
        self._topics, self._listener = [topic.name for topic in topics], listener

    def rebalance(self) -> None:
        """Let the next `poll` be interrupted by a rebalance."""
        self._rebalance_due = True

    def poll(self, most: int, timeout_s: float) -> list[Record]:
        records = self._read(most)
        if not self._rebalance_due:
            return records
        self._rebalance_due = False
        if not self._next:
            self._place()
            return self._read(most)
        assert self._listener is not None
        self.commit_now(self._listener.revoked(list(self._next)))
        self._place()
        return []

    def rewind(self) -> None:
        self._place()

    def commit(self, ends: Ends) -> None:
        self.commit_now(ends)

    def commit_now(self, ends: Ends) -> None:
        for place, offset in ends.items():
            self._log.committed[self._group, place] = offset

    def close(self, timeout_s: float) -> None:
        """Leave without a word, as a killed process does."""

    def _read(self, most: int) -> list[Record]:
        records: list[Record] = []
        for place in sorted(self._next):
            begin = self._next[place]
            room = min(self.at_once, most - len(records))
            new = self._log.records[place][begin : begin + room]
            self._next[place] += len(new)
            records += new
        return records

    def _place(self) -> None:
        assert self._listener is not None
        self._next = dict(self._listener.assigned(self._offsets()))

    def _offsets(self) -> list[PartitionOffsets]:
        return [
            PartitionOffsets(
                topic,
                partition,
                self._log.committed.get((self._group, (topic, partition)), -1),
                0,
                len(self._log.records[topic, partition]),
            )
            for topic in self._topics
            for partition in range(self._log.partitions)
        ]


class MemoryProducer:
    """Publishes to a log in memory, at `flush`, as late as Kafka's client may.

    Args:
        log: the log.
        call: makes each append; a test lets it fail before or after its effect.
    """

    def __init__(
        self, log: MemoryLog, call: Callable[[Callable[[], None]], object] | None = None
    ) -> None:
        self._log = log
        self._call = call or (lambda append: append())
        self._queued: list[Callable[[], None]] = []

    def produce(
        self,
        topic: str,
        value: bytes | None = None,
        key: str | bytes = b"",
        *,
        headers: Any = (),
        partition: int = 0,
        on_delivery: object = None,
    ) -> None:
        """Queue a record; nothing fails later than in `flush`."""
        del on_delivery
        pairs = headers.items() if isinstance(headers, Mapping) else list(headers)
        self._queued.append(
            lambda: self._log.append(topic, partition, key, value, pairs)
        )

    def poll(self, _timeout_s: float = 0.0) -> int:
        return 0

    def flush(self, _timeout_s: float = 0.0) -> int:
        """Publish what is queued; return how many records are left: none."""
        queued, self._queued = self._queued, []
        for append in queued:
            self._call(append)
        return 0


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
