"""The producer of events."""

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record

from pilotfish._transport import Settled
from pilotfish._warnings import Warnings
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Event
from pilotfish.schemas.settings import Settings
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.kafka import mapped_errors, producer, publish

_MAX_BYTES: Final = 4 * 1024 * 1024
"""What the topic takes: a content of the longest kind may need more than the usual 1 MB."""

_PRODUCER: Final[dict[str, Any]] = {
    "message.max.bytes": _MAX_BYTES,
    # What waits here cannot be dropped by worth any more, so most waits in our queue.
    "queue.buffering.max.kbytes": 16 * 1024,
    # A broker that comes back is to be found within a second.
    "reconnect.backoff.max.ms": 1000,
    # Kafka's trouble is told once, by us, and not to the agent's terminal.
    "log_level": 0,
}


class EventProducer:
    """Publishes events; idempotent, so that Kafka's own retries double nothing.

    Raises:
        ConfigurationError: settings with which no producer can be made.
    """

    def __init__(self, settings: Settings, warnings: Warnings) -> None:
        self._settings = settings
        self._warnings = warnings
        self._broken = False
        self._producer = self._open()

    def publish(self, event: Event, settled: Settled) -> bool:
        """Hand an event to Kafka's client; False if that is full."""
        if self._broken:
            self._reopen()
        try:
            publish(
                self._producer,
                EVENTS,
                event.attempt_id,
                event,
                on_delivery=_reporting(settled),
            )
        except BufferError:
            return False
        except KafkaException as error:
            raise SchemaError(f"Kafka refuses: {error.args[0].str()}") from error
        return True

    def poll(self, timeout_s: float) -> None:
        self._producer.poll(timeout_s)

    def answers(self, timeout_s: float) -> bool:
        """Ask Kafka for anything; False if it says nothing in time."""
        try:
            self._producer.list_topics(EVENTS.name, timeout=timeout_s)
        except KafkaException:
            return False
        return True

    def close(self) -> None:
        """Give up what is not acknowledged; its `settled` are called."""
        self._producer.purge()
        self._producer.poll(0)

    def _open(self) -> Producer:
        with mapped_errors("connecting"):
            return producer(self._settings, **_PRODUCER, error_cb=self._on_error)

    def _reopen(self) -> None:
        self.close()
        self._producer = self._open()
        self._broken = False

    def _on_error(self, error: KafkaError) -> None:
        # A producer that lost its place in Kafka's sequence refuses everything from
        # then on; a new one starts a new sequence.
        self._broken = self._broken or error.fatal()
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - a public code
            self._warnings.once(
                error.name(),
                f"Kafka at {self._settings.kafka}: {error.str()}; events wait",
            )


def _reporting(settled: Settled) -> Any:
    def on_delivery(error: KafkaError | None, _: Record) -> None:
        settled(None if error is None else error.str())

    return on_delivery
