"""Whether a consumer group has come to the ends that its topics had a moment ago."""

from collections.abc import Iterable
from typing import Any, Final, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from pilotfish.runtime.archived_offsets import resume_positions
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config, consumer, topics
from pilotfish.runtime.kafka_broker import offsets_of
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.consumer_groups import ARCHIVE
from pilotfish.schemas.keys import Place

_TIMEOUT_S: Final = 10.0
_MOVING: Final = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
"""What Kafka says of a group while another broker takes it over."""


class ConsumerProgress:
    """Looks at one group, without joining it.

    Args:
        settings: which Kafka.
        clickhouse: where the archive's tables are, which know how far it has come.
        group: the group's name.
        read: the topics that it reads; the ends are those they have now.

    Raises:
        KafkaException, UnavailableError: one of the two does not answer.
        ConfigurationError: Kafka refuses who asks.
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
        self._admin = AdminClient(client_config(settings))
        self._reader: Consumer = consumer(settings, group)
        known = topics(settings)
        self._ends = {
            (topic, partition): self._end(topic, partition)
            for topic in read
            for partition in known[topic].partitions
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def now(self) -> bool:
        """Return whether it has, or has no members that could be in the middle of it."""
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
        return {(place.topic, place.partition): place.offset for place in committed}

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
        """Return where the partition ends; 0 where nothing is left in it to read."""
        place = TopicPartition(topic, partition)
        low, high = self._reader.get_watermark_offsets(place, timeout=_TIMEOUT_S)
        return int(high) if high > low else 0
