"""A subscription to all hints of a tenant."""

import threading
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime.decoding import decoded
from pilotfish.runtime.kafka import consumer
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import ADVICE_REPLIES

_CONSUMER: Final[dict[str, Any]] = {
    "auto.offset.reset": "latest",
    "reconnect.backoff.max.ms": 1000,
    "log_level": 0,
}
_TIMEOUT_S: Final = 0.5
_RETRY_S: Final = 0.5
_POLL_S: Final = 0.1
_CLOSE_S: Final = 0.3


class HintFeed:
    """Calls a function, in a thread of its own, for each hint published from now on.

    Args:
        settings: where Kafka is.
        tenant: the tenant whose hints are passed on.
        callback: must not raise.
        warnings: receives the reasons for failures.
    """

    def __init__(
        self,
        settings: Settings,
        tenant: str,
        callback: Callable[[HintGiven], None],
        warnings: Warnings,
    ) -> None:
        self._tenant = tenant
        self._callback = callback
        self._warnings = warnings
        self._ending = threading.Event()
        with mapped_errors("connecting"):
            self._consumer: Consumer = consumer(
                settings, f"pilotfish-{new_id()}", **_CONSUMER, error_cb=lambda _: None
            )
        self._thread = threading.Thread(
            target=self._run, name="pilotfish-hints", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread without waiting for it."""
        self._ending.set()

    def close(self) -> None:
        """Stop the thread and wait for it; idempotent. The callback itself may call this."""
        self.stop()
        if self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while not self._ending.is_set() and not self._start_reading():
            self._ending.wait(_RETRY_S)
        while not self._ending.is_set():
            record = self._consumer.poll(_POLL_S)
            if record is not None and record.error() is None:
                self._receive(record)
        self._consumer.close()

    def _start_reading(self) -> bool:
        try:
            topics = self._consumer.list_topics(
                ADVICE_REPLIES.name, timeout=_TIMEOUT_S
            ).topics
            partitions = topics[ADVICE_REPLIES.name].partitions
            self._consumer.assign([self._end(number) for number in partitions])
        except KafkaException as error:
            self._warnings.once(error.args[0].str(), "no hints until Kafka answers")
            return False
        return bool(partitions)

    def _end(self, partition: int) -> TopicPartition:
        place = TopicPartition(ADVICE_REPLIES.name, partition)
        _, end = self._consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
        return TopicPartition(ADVICE_REPLIES.name, partition, end)

    def _receive(self, record: Record) -> None:
        hint = decoded(ADVICE_REPLIES, record, self._warn)
        if isinstance(hint, HintGiven) and hint.tenant == self._tenant:
            self._callback(hint)

    def _warn(self, _record: Record, reason: str) -> None:
        self._warnings.once(reason, "a hint cannot be read")
