"""Publishes for asyncio: when `publish` returns, Kafka has the messages."""

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Protocol, Self

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Message as Record

from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.kafka_errors import mapped, mapped_errors
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import Message
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import Topic

ANSWER_S: Final = 5.0
"""How long Kafka may take: half of what OpenTelemetry's exporters wait."""
QUEUE_BYTES: Final = 64 * 1024 * 1024
"""Messages that wait for Kafka."""

_POLL_S: Final = 0.1
_PRODUCER: Final[dict[str, Any]] = {
    "message.timeout.ms": int(ANSWER_S * 1000),
    "queue.buffering.max.kbytes": QUEUE_BYTES // 1024,
    # Somebody waits for every message.
    "linger.ms": 1,
    "reconnect.backoff.max.ms": 1000,
    "log_level": 0,
}


class QueueFullError(UnavailableError):
    """As many messages wait for Kafka as may."""


class Publisher(Protocol):
    """Publishes, and knows what arrived."""

    @property
    def broken(self) -> str:
        """Why it can no longer publish, and a new one is needed; empty while it can."""
        ...

    async def publish(
        self, topic: Topic, key: str, messages: Sequence[Message]
    ) -> None:
        """Return once Kafka has all messages, in this order.

        Raises:
            QueueFullError: Kafka takes messages more slowly than they come.
            UnavailableError, ConfigurationError: Kafka did not take all of them; some
                may have arrived.
        """
        ...


class KafkaPublisher:
    """Publishes to Kafka; a thread of its own serves the client's callbacks.

    Raises:
        ConfigurationError: Kafka's client refuses these settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.broken = ""
        self._closing = threading.Event()
        with mapped_errors("connecting"):
            self._producer = producer(settings, **_PRODUCER, error_cb=self._on_error)
        self._thread = threading.Thread(
            target=self._poll, name="pilotfish-publisher", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._thread.join()
        self._producer.purge()
        self._producer.poll(0)

    async def publish(
        self, topic: Topic, key: str, messages: Sequence[Message]
    ) -> None:
        waiting = [self._queued(topic, key, message) for message in messages]
        failures = await asyncio.gather(*waiting)
        for error in failures:
            if error is not None:
                raise mapped(f"publishing to {topic.name}", error)

    def _queued(
        self, topic: Topic, key: str, message: Message
    ) -> "asyncio.Future[KafkaError | None]":
        loop = asyncio.get_running_loop()
        delivered: asyncio.Future[KafkaError | None] = loop.create_future()

        def settle(error: KafkaError | None) -> None:
            if not delivered.done():
                delivered.set_result(error)

        def on_delivery(error: KafkaError | None, _record: Record) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, error)

        try:
            publish(self._producer, topic, key, message, on_delivery=on_delivery)
        except BufferError as error:
            raise QueueFullError("too many messages wait for Kafka") from error
        except KafkaException as error:
            raise mapped(f"publishing to {topic.name}", error.args[0]) from error
        return delivered

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(_POLL_S)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self.broken = error.str()
