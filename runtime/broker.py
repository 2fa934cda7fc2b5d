"""What a service needs of Kafka, so that it runs over a log in memory as well.

`KafkaBroker` and `MemoryBroker` implement it; tests/runtime/test_broker.py is the contract.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from confluent_kafka import Message as Record

from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import Topic

Ends = Mapping[Place, int]
"""The next offset to process, by place."""


class PartitionOffsets(NamedTuple):
    """A partition as a consumer group finds it.

    Args:
        topic: its topic.
        partition: its number.
        committed: the group's committed offset; negative where there is none.
        low: the offset of the oldest record that is still there.
        high: the offset that the next published record gets.
    """

    topic: str
    partition: int
    committed: int
    low: int
    high: int

    @property
    def place(self) -> Place:
        return self.topic, self.partition

    def resume(self, stored: int = 0) -> int:
        """Return the next offset to read: behind what is stored and what is committed.

        An offset beyond the end belongs to a topic that was deleted and created again.
        """
        possible = (at for at in (stored, self.committed) if at <= self.high)
        return max(self.low, 0, *possible)


def ends_of(records: Iterable[Record]) -> dict[Place, int]:
    """Return the next offset to read behind these records, by place."""
    return {
        (record.topic() or "", record.partition() or 0): (record.offset() or 0) + 1
        for record in records
    }


class RebalanceListener(Protocol):
    """Follows which partitions the consumer group gives to this consumer."""

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Return where to read each of these partitions from."""
        ...

    def revoked(self, places: Sequence[Place]) -> Ends:
        """Return what was processed by now, to be committed before others read on."""
        ...


class Broker(Protocol):
    """One consumer of one group. Errors are those of `kafka_errors.mapped_errors`."""

    def subscribe(self, topics: Sequence[Topic], listener: RebalanceListener) -> None:
        """Join the group; `poll` calls the listener as partitions come and go."""
        ...

    def poll(self, most: int, timeout_s: float) -> list[Record]:
        """Return the records that came within the time, at most so many.

        With `most` 0 it reads nothing, but stays a member of the group. It never returns
        records of partitions that were revoked.
        """
        ...

    def rewind(self) -> None:
        """Read on in all partitions where the listener's `assigned` says."""
        ...

    def commit(self, ends: Ends) -> None:
        """Commit in the background; a failure shows as records that are read again."""
        ...

    def commit_now(self, ends: Ends) -> None:
        """Commit, and wait until Kafka has it."""
        ...

    def close(self, timeout_s: float) -> None:
        """Leave the group; after the timeout, without waiting for its coordinator."""
        ...
