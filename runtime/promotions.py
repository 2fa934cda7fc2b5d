"""Which advisor is in service: a compacted topic, read to its end and then followed."""

from collections.abc import Iterable
from contextlib import closing
from typing import Final

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as Record

from pilotfish.runtime.decoding import SetAside, decoded
from pilotfish.runtime.kafka import FOR_ANY_CLIENT, consumer, producer, publish
from pilotfish.runtime.kafka_errors import readable
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import ADVISORS

InService = AdvisorPromoted | AdvisorRolledBack

_TIMEOUT_S: Final = 10.0
_BATCH: Final = 100


def ignore(_record: Record, _reason: str) -> None:
    """Pass over an unreadable promotion: the advisor is the one that sets it aside."""


class PromotionReader:
    """Reads promotions and rollbacks from the topic's beginning.

    Args:
        settings: which Kafka.
        set_aside: takes the records that are no promotions.
    """

    def __init__(self, settings: Settings, set_aside: SetAside = ignore) -> None:
        self._consumer: Consumer = consumer(
            settings, "pilotfish-promotions", **{"enable.partition.eof": True}
        )
        self._set_aside = set_aside
        self._at_end = False
        self._consumer.assign([TopicPartition(ADVISORS.name, 0, 0)])

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def read_to_end(self) -> list[InService]:
        """Return the newest message of each tenant.

        Raises:
            UnavailableError: Kafka does not answer within ten seconds.
        """
        newest: dict[str, InService] = {}
        while not self._at_end:
            record = self._consumer.poll(_TIMEOUT_S)
            if record is None:
                raise UnavailableError(f"reading {ADVISORS.name}: no answer")
            for message in self._messages([record]):
                newest[message.tenant] = message
        return list(newest.values())

    def read(self) -> list[InService]:
        """Return what came since the last call; does not wait."""
        return list(self._messages(self._consumer.consume(_BATCH, 0)))

    def _messages(self, records: list[Record]) -> Iterable[InService]:
        for record in records:
            error = record.error()
            if error and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self._at_end = True
        for record in readable(records):
            message = decoded(ADVISORS, record, self._set_aside)
            if isinstance(message, InService):
                yield message


def in_service(settings: Settings) -> dict[str, InService]:
    """Return the newest message of each tenant, by tenant.

    Raises:
        UnavailableError: Kafka does not answer within ten seconds.
    """
    with closing(PromotionReader(settings)) as reader:
        return {message.tenant: message for message in reader.read_to_end()}


def announce(settings: Settings, message: InService) -> None:
    """Publish a change of service and wait until Kafka has it.

    Raises:
        UnavailableError: Kafka did not acknowledge within ten seconds.
    """
    sender = producer(settings, **FOR_ANY_CLIENT)
    publish(sender, ADVISORS, message.tenant, message)
    if sender.flush(_TIMEOUT_S):
        raise UnavailableError(f"Kafka at {settings.kafka} did not take the message")
