"""Whether a consumer group has read everything that its topics held at one moment."""

from collections.abc import Iterable
from typing import Any, Final, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from pilotfish.runtime.archived_offsets import resume_positions
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config, consumer, topics
from pilotfish.runtime.kafka_broker import offsets_of
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.watermarks import watermarks
from pilotfish.schemas.consumer_groups import ARCHIVE
from pilotfish.schemas.keys import Place

_TIMEOUT_S: Final = 10.0
_MOVING: Final = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
"""Kafka's errors for a group while another broker takes it over."""


class ConsumerProgress:
    """Observes one group, without joining it.

    Args:
        settings: the connection to Kafka.
        clickhouse: the archive's tables, which record the archive's progress.
        group: the group's name.
        read: the topics that the group reads; their present ends are the goal.

    Raises:
        KafkaException, UnavailableError: Kafka or ClickHouse does not answer.
        ConfigurationError: Kafka refuses the connected user.
    """

    def __init__(
        self,
        settings: Settings,
        clickhouse: ClickHouse,
        group: str,
        read: Iterable[str],
    ) -> None:
        self._clickhouse = clickhouse
        self._group = group
        self._admin = AdminClient(client_config(settings) | {"log_level": 0})
        self._reader: Consumer = consumer(settings, group)
        metadata = topics(settings)
        self._ends = {
            (topic, partition): self._end(topic, partition)
            for topic in read
            for partition in metadata[topic].partitions
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def now(self) -> bool:
        """Return whether the group is at the ends, or has no members that read."""
        members = self.members()
        if not members:
            return members == 0
        reached = self._reached()
        return all(reached[place] >= end for place, end in self._ends.items())

    def _reached(self) -> dict[Place, int]:
        places = [TopicPartition(*place) for place in self._ends]
        if self._group == ARCHIVE:
            # Killed before it could commit, it goes on behind what its tables hold.
            offsets = offsets_of(self._reader, places)
            return resume_positions(self._clickhouse, offsets)
        committed = self._reader.committed(places, timeout=_TIMEOUT_S)
        # Negative where the group has committed nothing.
        return {(p.topic, p.partition): max(p.offset, 0) for p in committed}

    def members(self) -> int | None:
        """Return how many members the group has; None where Kafka cannot tell now."""
        described: dict[str, Any] = self._admin.describe_consumer_groups(
            [self._group], request_timeout=_TIMEOUT_S
        )
        try:
            return len(described[self._group].result().members)
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return 0
            if code in _MOVING:
                return None
            raise

    def _end(self, topic: str, partition: int) -> int:
        """Return where the partition ends; 0 if it holds no records."""
        low, high = watermarks(self._reader, TopicPartition(topic, partition))
        return high if high > low else 0
