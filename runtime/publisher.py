"""Publishes messages, and waits until Kafka has them."""

from typing import Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record

from pilotfish.runtime.kafka import publish
from pilotfish.schemas.base import Message
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import Topic

BY_KEY: Final = -1

_QUEUE_FULL_S: Final = 1.0
_ANSWER_S: Final = 30.0


class Publisher:
    """Queues messages, and waits for their delivery; for one thread and producer."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._errors: list[KafkaError] = []

    def queue(
        self, topic: Topic, message: Message, key: str, partition: int = BY_KEY
    ) -> None:
        """Queue one message, by default into the partition of its key.

        `flush` waits for it.

        Raises:
            UnavailableError: Kafka does not take it.
        """
        while True:
            try:
                publish(
                    self._producer,
                    topic,
                    key,
                    message,
                    partition=partition,
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(_QUEUE_FULL_S)
            except KafkaException as error:
                raise UnavailableError(f"publishing: {error}") from error
            else:
                return

    def flush(self) -> None:
        """Wait until Kafka has everything queued.

        Raises:
            UnavailableError: it did not take everything within thirty seconds; what
                is left is discarded. Queueing all of it again may duplicate some.
        """
        left = self._producer.flush(_ANSWER_S)
        if left:
            self._producer.purge()
            self._producer.flush(_QUEUE_FULL_S)
        errors, self._errors = self._errors, []
        if left or errors:
            why = errors[0].str() if errors else "no answer"
            raise UnavailableError(f"publishing: {why}")

    def _delivered(self, error: KafkaError | None, _record: Record) -> None:
        if error is not None:
            self._errors.append(error)
