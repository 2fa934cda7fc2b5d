"""All labels of all partitions, read without a group: each advisor learns every label."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Self

import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as Record

from pilotfish.runtime.decoding import SetAside, decoded
from pilotfish.runtime.kafka import consumer
from pilotfish.runtime.kafka_errors import readable
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.watermarks import watermarks
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.labels import AttemptLabelled, PlacedLabel
from pilotfish.schemas.topics import LABELS

_LOG = structlog.get_logger(service="advisor")

_TIMEOUT_S: Final = 10.0


class LabelReader:
    """Reads from given offsets on; `positions` are the next offsets to read.

    Args:
        settings: which Kafka.
        start: partition -> offset; other partitions are read from their beginning.
        set_aside: takes the records that are no labels.

    Raises:
        UnavailableError: Kafka does not answer, or has no such topic.
    """

    def __init__(
        self, settings: Settings, start: Mapping[int, int], set_aside: SetAside
    ) -> None:
        self._consumer: Consumer = consumer(
            settings,
            "pilotfish-advisor-labels",
            **{"enable.partition.eof": True, "fetch.wait.max.ms": 100},
        )
        self._set_aside = set_aside
        self._waiting: set[int] = set()
        self.positions: dict[int, int] = {}
        self._assign(self._existing(start))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    @property
    def at_end(self) -> bool:
        """Whether every partition was read to its end since it was last assigned."""
        return not self._waiting

    def read(self, most: int, timeout_s: float) -> list[PlacedLabel]:
        """Return labels that are there, at most `most`; waits only if there are none.

        Raises:
            ConfigurationError, UnavailableError: as `kafka_errors.readable`.
        """
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        records = [first, *self._consumer.consume(most - 1, 0)]
        for record in records:
            error = record.error()
            if error and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self._waiting.discard(record.partition() or 0)
        labels = (self._placed(record) for record in readable(records))
        return [label for label in labels if label is not None]

    def rewind(self, offsets: Mapping[int, int]) -> None:
        """Go back to these offsets in partitions that were read beyond them."""
        back = {
            partition: min(offset, self.positions.get(partition, offset))
            for partition, offset in offsets.items()
        }
        if any(self.positions.get(p, 0) > offset for p, offset in back.items()):
            self._assign({**self.positions, **back})

    def _placed(self, record: Record) -> PlacedLabel | None:
        partition, offset = record.partition() or 0, record.offset() or 0
        self.positions[partition] = offset + 1
        label = decoded(LABELS, record, self._set_aside)
        if not isinstance(label, AttemptLabelled):
            return None
        at = datetime.fromtimestamp(record.timestamp()[1] / 1e3, UTC)
        return PlacedLabel(label, partition, offset, at)

    def _existing(self, start: Mapping[int, int]) -> dict[int, int]:
        """Return where to begin in each partition that the topic has."""
        topics = self._consumer.list_topics(LABELS.name, timeout=_TIMEOUT_S).topics
        partitions = list(topics[LABELS.name].partitions)
        if not partitions:
            raise UnavailableError(f"Kafka has no topic {LABELS.name}")
        return {partition: self._within(partition, start) for partition in partitions}

    def _within(self, partition: int, start: Mapping[int, int]) -> int:
        place = TopicPartition(LABELS.name, partition)
        low, high = watermarks(self._consumer, place)
        stored = start.get(partition, 0)
        if stored > high:
            _LOG.error("topic_recreated", partition=partition, stored=stored, end=high)
            return low
        return max(low, stored)

    def _assign(self, positions: Mapping[int, int]) -> None:
        self.positions = dict(positions)
        self._waiting = set(positions)
        self._consumer.assign(
            [TopicPartition(LABELS.name, *place) for place in positions.items()]
        )
