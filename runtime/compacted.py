"""A compacted topic of one partition: read to its end, and then followed."""

from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar, cast

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as Record

from pilotfish.runtime.decoding import SetAside, decoded
from pilotfish.runtime.kafka import FOR_ANY_CLIENT, consumer, producer, publish
from pilotfish.runtime.kafka_errors import readable
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import Message
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import Topic

M = TypeVar("M", bound=Message)

_TIMEOUT_S: Final = 10.0
_BATCH: Final = 100


def ignore(_record: Record, _reason: str) -> None:
    """Pass over an unreadable record: one service sets it aside, and the others do not."""


class CompactedReader(Generic[M]):
    """Reads all messages of a topic from its beginning.

    Args:
        settings: which Kafka.
        topic: has one partition.
        key: returns the key of a message; the newest of a key counts.
        set_aside: takes the records that are no such messages.
    """

    def __init__(
        self,
        settings: Settings,
        topic: Topic,
        key: Callable[[M], str],
        set_aside: SetAside = ignore,
    ) -> None:
        self._consumer: Consumer = consumer(
            settings,
            topic.name.replace(".", "-"),
            **{"enable.partition.eof": True},
        )
        self._topic = topic
        self._key = key
        self._set_aside = set_aside
        self._at_end = False
        self._consumer.assign([TopicPartition(topic.name, 0, 0)])

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def read_to_end(self) -> list[M]:
        """Return the newest message of each key.

        Raises:
            UnavailableError: Kafka does not answer within ten seconds.
        """
        newest: dict[str, M] = {}
        while not self._at_end:
            record = self._consumer.poll(_TIMEOUT_S)
            if record is None:
                raise UnavailableError(f"reading {self._topic.name}: no answer")
            for message in self._messages([record]):
                newest[self._key(message)] = message
        return list(newest.values())

    def read(self) -> list[M]:
        """Return what came since the last call; does not wait."""
        return list(self._messages(self._consumer.consume(_BATCH, 0)))

    def _messages(self, records: list[Record]) -> Iterable[M]:
        for record in records:
            error = record.error()
            if error and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self._at_end = True
        for record in readable(records):
            message = decoded(self._topic, record, self._set_aside)
            if message is not None:
                yield cast("M", message)


def announce(settings: Settings, topic: Topic, key: str, message: Message) -> None:
    """Publish a message and wait until Kafka has it.

    Raises:
        UnavailableError: Kafka did not acknowledge within ten seconds.
    """
    sender = producer(settings, **FOR_ANY_CLIENT)
    publish(sender, topic, key, message)
    if sender.flush(_TIMEOUT_S):
        raise UnavailableError(f"Kafka at {settings.kafka} did not take the message")
