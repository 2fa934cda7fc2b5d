"""The producer of events."""

import weakref
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record

from pilotfish._sdk.stats import SpoolCounts
from pilotfish._sdk.transport.transport import Failure, OnSettled
from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Event
from pilotfish.schemas.topics import EVENTS

OnError = Callable[[KafkaError], None]

_ENVELOPE_BYTES: Final = 16 * 1024
"""For the key and headers around a value."""
DELIVERY_TIMEOUT_MS: Final = 300_000
"""How long Kafka's client tries to deliver an event before it gives up."""
NO_DELIVERY_TIMEOUT_MS: Final = 0
"""Never give up: for a spool, which keeps events until they are acknowledged."""

_FINAL_ERRORS: Final = (
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_RECORD,
    KafkaError.INVALID_TIMESTAMP,
)
"""Errors about the event itself: Kafka would refuse it again."""

_PRODUCER: Final[dict[str, Any]] = {
    "message.max.bytes": EVENTS.max_bytes + _ENVELOPE_BYTES,
    # Small, because only our own queue drops steps before outcomes.
    "queue.buffering.max.kbytes": 16 * 1024,
    # Kafka may be there before its topics; after 30 s of that, events would be given up.
    "topic.metadata.propagation.max.ms": DELIVERY_TIMEOUT_MS,
    # So that a broker that comes back is found within a second.
    "reconnect.backoff.max.ms": 1000,
    # Errors are logged once, by us, instead of filling the agent's terminal.
    "log_level": 0,
}


class EventProducer:
    """Publishes events; idempotent, so that retries of Kafka's client add no duplicates.

    Args:
        settings: where Kafka is.
        warnings: receives the reasons for failures.
        delivery_timeout_ms: see `DELIVERY_TIMEOUT_MS`.

    Raises:
        ConfigurationError: Kafka's client refuses these settings.
    """

    def __init__(
        self,
        settings: Settings,
        warnings: Warnings,
        delivery_timeout_ms: int = DELIVERY_TIMEOUT_MS,
    ) -> None:
        self._settings = settings
        self._warnings = warnings
        self._delivery_timeout_ms = delivery_timeout_ms
        self.spool = SpoolCounts()
        self._broken = False
        self._producer = self._open()

    def publish(self, event: Event, on_settled: OnSettled) -> bool:
        """Give an event to Kafka's client; False if the client is full or broken."""
        if self._broken:
            return False
        try:
            publish(
                self._producer,
                EVENTS,
                event.attempt_id,
                event,
                on_delivery=_delivery_callback(on_settled),
            )
        except BufferError:
            return False
        except KafkaException as error:
            if error.args[0].code() == KafkaError._FATAL:  # noqa: SLF001 - a public code
                self._broken = True
                return False
            raise SchemaError(
                f"Kafka refuses the event: {error.args[0].str()}"
            ) from error
        return True

    def poll(self, timeout_s: float) -> None:
        if self._broken:
            self._reopen()
        self._producer.poll(timeout_s)

    def is_reachable(self, timeout_s: float) -> bool:
        """Return whether Kafka answers a request within `timeout_s`."""
        try:
            self._producer.list_topics(EVENTS.name, timeout=timeout_s)
        except KafkaException:
            return False
        return True

    def spool_everything(self) -> bool:
        return False

    def close(self) -> None:
        """Give up events that are not acknowledged; they settle as failed."""
        self._producer.purge()
        self._producer.poll(0)

    def _open(self) -> Producer:
        # Weak, so that a producer nobody uses is freed at once, with its threads.
        on_error = weakref.WeakMethod[OnError](self._on_error)
        with mapped_errors("connecting"):
            return producer(
                self._settings,
                **_PRODUCER,
                **{"message.timeout.ms": self._delivery_timeout_ms},
                error_cb=lambda error: _call(on_error, error),
            )

    def _reopen(self) -> None:
        self.close()
        self._producer = self._open()
        self._broken = False

    def _on_error(self, error: KafkaError) -> None:
        # After a fatal error, such as a gap in its sequence numbers, a producer refuses
        # everything; a new one starts a new sequence.
        self._broken = self._broken or error.fatal()
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - a public code
            self._warnings.once(
                error.name(),
                f"Kafka at {self._settings.kafka}: {error.str()}; events wait",
            )


def _call(on_error: "weakref.WeakMethod[OnError]", error: KafkaError) -> None:
    method = on_error()
    if method is not None:
        method(error)


def _delivery_callback(on_settled: OnSettled) -> Any:
    def on_delivery(error: KafkaError | None, _: Record) -> None:
        if error is None:
            on_settled(None)
        else:
            on_settled(Failure(error.str(), error.code() in _FINAL_ERRORS))

    return on_delivery
