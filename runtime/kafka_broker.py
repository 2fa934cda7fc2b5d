"""A consumer of a Kafka group, as `Broker` defines it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Literal

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from pilotfish.runtime.broker import Ends, PartitionOffsets, RebalanceListener
from pilotfish.runtime.kafka import consumer, subscribe
from pilotfish.runtime.kafka_errors import readable
from pilotfish.runtime.service.background import close_within
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.watermarks import watermarks
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import Topic

Strategy = Literal["cooperative-sticky", "range"]

_TIMEOUT_S: Final = 10.0


class KafkaBroker:
    """One consumer over one Kafka.

    Args:
        settings: which Kafka.
        group: the consumer group.
        strategy: "range" takes all partitions away at each rebalance: whoever then gets
            them looks up where to read on. With "cooperative-sticky" only those that move.
        collects: whether a poll lasts until its time is over or the batch is full; else
            it ends as soon as there is a record.
        properties: librdkafka's, where they differ from `kafka.consumer`.
    """

    def __init__(
        self,
        settings: Settings,
        group: str,
        strategy: Strategy = "cooperative-sticky",
        *,
        collects: bool = True,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        self._collects = collects
        self._eager = strategy == "range"
        chosen = {"partition.assignment.strategy": strategy}
        self._consumer: Consumer = consumer(
            settings, group, **chosen, **(properties or {})
        )
        self._listener: RebalanceListener | None = None
        self._paused = False
        self._early: list[Record] = []
        self._revoked: set[Place] = set()

    def subscribe(self, topics: Sequence[Topic], listener: RebalanceListener) -> None:
        self._listener = listener
        subscribe(self._consumer, topics, self._on_assign, self._on_revoke)

    def poll(self, most: int, timeout_s: float) -> list[Record]:
        if most == 0:
            self._stay(timeout_s)
            return []
        if self._paused:
            self._consumer.resume(self._consumer.assignment())
            self._paused = False
        records, self._early = self._early[:most], self._early[most:]
        if len(records) < most:
            records += self._consume(most - len(records), timeout_s)
        return readable(self._still_assigned(records))

    def rewind(self) -> None:
        places = self._consumer.assignment()
        if not self._eager:
            self._consumer.incremental_unassign(places)
        self._place(places)

    def commit(self, ends: Ends) -> None:
        if ends:
            self._consumer.commit(offsets=_partitions(ends), asynchronous=True)

    def commit_now(self, ends: Ends) -> None:
        if ends:
            self._consumer.commit(offsets=_partitions(ends), asynchronous=False)

    def close(self, timeout_s: float) -> None:
        close_within(self._consumer.close, timeout_s)

    def behind(self, record: Record) -> int:
        """Return how many records wait behind this one, as far as this client knows."""
        place = TopicPartition(record.topic() or "", record.partition() or 0)
        _, end = self._consumer.get_watermark_offsets(place, cached=True)
        return int(end) - (record.offset() or 0) - 1

    def _consume(self, most: int, timeout_s: float) -> list[Record]:
        if self._collects:
            return self._consumer.consume(most, timeout_s)
        first = self._consumer.poll(timeout_s)
        return [] if first is None else [first, *self._consumer.consume(most - 1, 0)]

    def _stay(self, timeout_s: float) -> None:
        self._consumer.pause(self._consumer.assignment())
        self._paused = True
        # A partition that is assigned meanwhile is not paused yet.
        self._early += self._consumer.consume(1, timeout_s)

    def _still_assigned(self, records: list[Record]) -> list[Record]:
        """Leave out what was read before partitions went away.

        All of it where all went away: those that came back are read from elsewhere.
        """
        revoked, self._revoked = self._revoked, set()
        if not revoked:
            return records
        if self._eager:
            self._early = []
            self.rewind()
            return []
        return [r for r in records if (r.topic(), r.partition()) not in revoked]

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._place(partitions)

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        assert self._listener is not None
        places = [(partition.topic, partition.partition) for partition in partitions]
        self._revoked |= set(places)
        ends = self._listener.revoked(places)
        # A courtesy: without it, whoever gets the partitions processes them again.
        with suppress(KafkaException):
            self.commit_now(ends)

    def _place(self, partitions: list[TopicPartition]) -> None:
        assert self._listener is not None
        starts = self._listener.assigned(offsets_of(self._consumer, partitions))
        placed = _partitions(starts)
        if self._eager:
            self._consumer.assign(placed)
        else:
            self._consumer.incremental_assign(placed)
        # librdkafka keeps a pause over an assignment that took the partition away.
        self._consumer.resume(placed)


def offsets_of(
    reader: Consumer, partitions: list[TopicPartition]
) -> list[PartitionOffsets]:
    """Return each partition with what its group has committed and what it holds.

    Raises:
        KafkaException: Kafka does not answer within ten seconds.
    """
    if not partitions:
        return []
    offsets = []
    for place in reader.committed(partitions, timeout=_TIMEOUT_S):
        low, high = watermarks(reader, place)
        offsets.append(
            PartitionOffsets(place.topic, place.partition, place.offset, low, high)
        )
    return offsets


def _partitions(ends: Ends) -> list[TopicPartition]:
    return [TopicPartition(*place, offset) for place, offset in ends.items()]
