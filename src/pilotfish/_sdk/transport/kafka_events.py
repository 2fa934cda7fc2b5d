"""The producer of events."""

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record

from pilotfish._sdk.stats import SpoolCounts
from pilotfish._sdk.transport.transport import Failure, Settled
from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime.kafka import mapped_errors, producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Event
from pilotfish.schemas.topics import EVENTS

_AROUND_BYTES: Final = 16 * 1024
"""For what is around a value: key and headers."""
PATIENCE_MS: Final = 300_000
"""After so long without an acknowledgement Kafka's client gives an event up."""
FOR_EVER_MS: Final = 0
"""It never does: for who keeps events until they are acknowledged."""

_UNFIT: Final = (
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_RECORD,
    KafkaError.INVALID_TIMESTAMP,
)
"""What Kafka says of an event that it would refuse again."""

_PRODUCER: Final[dict[str, Any]] = {
    "message.max.bytes": EVENTS.max_bytes + _AROUND_BYTES,
    # What waits here cannot be dropped by worth any more, so most waits in our queue.
    "queue.buffering.max.kbytes": 16 * 1024,
    # A broker that comes back is to be found within a second.
    "reconnect.backoff.max.ms": 1000,
    # Kafka's trouble is told once, by us, and not to the agent's terminal.
    "log_level": 0,
}


class EventProducer:
    """Publishes events; idempotent, so that Kafka's own retries double nothing.

    Args:
        settings: where Kafka is.
        warnings: told about trouble, once a reason.
        patience_ms: see `PATIENCE_MS`.

    Raises:
        ConfigurationError: settings with which no producer can be made.
    """

    def __init__(
        self, settings: Settings, warnings: Warnings, patience_ms: int = PATIENCE_MS
    ) -> None:
        self._settings = settings
        self._warnings = warnings
        self._patience_ms = patience_ms
        self.spool = SpoolCounts()
        self._broken = False
        self._producer = self._open()

    def publish(self, event: Event, settled: Settled) -> bool:
        """Hand an event to Kafka's client; False if that is full, or to be replaced."""
        if self._broken:
            return False
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
            if error.args[0].code() == KafkaError._FATAL:  # noqa: SLF001 - a public code
                self._broken = True
                return False
            raise SchemaError(f"Kafka refuses: {error.args[0].str()}") from error
        return True

    def poll(self, timeout_s: float) -> None:
        if self._broken:
            self._reopen()
        self._producer.poll(timeout_s)

    def answers(self, timeout_s: float) -> bool:
        """Ask Kafka for anything; False if it says nothing in time."""
        try:
            self._producer.list_topics(EVENTS.name, timeout=timeout_s)
        except KafkaException:
            return False
        return True

    def keep(self) -> bool:
        return False

    def close(self) -> None:
        """Give up what is not acknowledged; its `settled` are called."""
        self._producer.purge()
        self._producer.poll(0)

    def _open(self) -> Producer:
        with mapped_errors("connecting"):
            return producer(
                self._settings,
                **_PRODUCER,
                **{"message.timeout.ms": self._patience_ms},
                error_cb=self._on_error,
            )

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
        if error is None:
            settled(None)
        else:
            settled(Failure(error.str(), error.code() in _UNFIT))

    return on_delivery
