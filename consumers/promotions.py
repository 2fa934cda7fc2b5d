"""The topic of promotions, read from its beginning and then on and on."""

from collections.abc import Iterable
from typing import Final

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as Record

from pilotfish.consumers.labels import SetAside
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError, UnavailableError
from pilotfish.schemas.settings import Settings
from pilotfish.schemas.topics import ADVISORS
from pilotfish.streams.kafka import consumer, headers, readable
from pilotfish.streams.promotions import InService

_TIMEOUT_S: Final = 10.0
_MOST: Final = 100


class PromotionReader:
    """Reads who is in service.

    Args:
        settings: which Kafka.
        set_aside: told of records that are no promotions, and why.
    """

    def __init__(self, settings: Settings, set_aside: SetAside) -> None:
        self._consumer: Consumer = consumer(
            settings,
            "pilotfish-advisor-promotions",
            **{"enable.partition.eof": True},
        )
        self._set_aside = set_aside
        self._at_end = False
        self._consumer.assign([TopicPartition(ADVISORS.name, 0, 0)])

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def read_to_end(self) -> list[InService]:
        """Return the newest word on each tenant.

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
        return list(self._messages(self._consumer.consume(_MOST, 0)))

    def _messages(self, records: list[Record]) -> Iterable[InService]:
        for record in records:
            error = record.error()
            if error and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self._at_end = True
        for record in readable(records):
            try:
                message = decode(ADVISORS, record.value(), headers(record))
            except SchemaError as error:
                self._set_aside(record, str(error))
            else:
                assert isinstance(message, InService)
                yield message
