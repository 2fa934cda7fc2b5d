"""Requests for advice over Kafka, and their replies."""

import random
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from pilotfish._sdk.hint import PendingHint
from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime import trace
from pilotfish.runtime.decoding import decoded
from pilotfish.runtime.kafka import consumer, producer, publish
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.trace import TraceHeaders
from pilotfish.schemas.advice import Abstention, AdviceRequested, HintGiven
from pilotfish.schemas.topics import ADVICE_REPLIES, ADVICE_REQUESTS

_QUICK: Final[dict[str, Any]] = {
    "socket.nagle.disable": True,
    "reconnect.backoff.max.ms": 1000,
    "log_level": 0,
}
_UNSAFE_BUT_QUICK: Final[dict[str, Any]] = {
    "enable.idempotence": False,
    "acks": 1,
    "linger.ms": 0,
}
"""For requests: a lost one only means no hint."""
_METADATA_S: Final = 0.5
_RETRY_S: Final = 0.2
_QUIET_RETRIES: Final = 3
"""Failures without a warning: a topic created just now has no leader for a moment."""
_POLL_S: Final = 0.1


@dataclass(slots=True)
class _OpenRequest:
    """A request that has no answer yet."""

    request: AdviceRequested
    trace: TraceHeaders
    answer: Future[HintGiven] = field(default_factory=Future)
    delivered: bool = False


class AdviceChannel:
    """Publishes to the requests topic and reads one partition of the replies topic.

    A background thread picks that partition and seeks to its end; earlier requests wait
    for that. Offsets are never committed: a late reply is useless.

    Args:
        settings: where Kafka is.
        client_id: the key of the replies to this client.
        deadline_s: after this time a request is useless and no longer sent.
        warnings: receives the reasons for failures.

    Raises:
        ConfigurationError: Kafka's client refuses these settings.
    """

    def __init__(
        self, settings: Settings, client_id: str, deadline_s: float, warnings: Warnings
    ) -> None:
        self._key = client_id.encode()
        self._warnings = warnings
        self._open: dict[str, _OpenRequest] = {}
        self._lock = threading.Lock()
        self._partition: int | None = None
        self._ending = threading.Event()
        with mapped_errors("connecting"):
            self._producer = producer(
                settings,
                **_QUICK,
                **_UNSAFE_BUT_QUICK,
                **{"message.timeout.ms": max(int(deadline_s * 1000), 1)},
                error_cb=lambda _: None,
            )
            self._consumer: Consumer = consumer(
                settings,
                f"pilotfish-{client_id}",
                **_QUICK,
                **{"auto.offset.reset": "latest", "fetch.wait.max.ms": 100},
                error_cb=lambda _: None,
            )
        threading.Thread(target=self._run, name="pilotfish-advice", daemon=True).start()

    def ask(self, request: AdviceRequested) -> PendingHint:
        """Send a request, at once or as soon as replies can be read."""
        pending = _OpenRequest(request, trace.current())
        request_id, attempt_id = request.request_id, request.attempt_id or ""
        with self._lock:
            self._open[request_id] = pending
            ready = self._partition is not None
        if ready:
            self._send(pending)
        return PendingHint(
            request_id, attempt_id, pending.answer, lambda: self._give_up(request_id)
        )

    def _give_up(self, request_id: str) -> Abstention:
        """Forget a request; "unreachable" if Kafka did not even accept it."""
        self._producer.poll(0)
        with self._lock:
            request = self._open.pop(request_id, None)
        if request is None or request.delivered:
            return "deadline"
        return "unreachable"

    def close(self) -> None:
        """Stop reading replies; the thread ends on its own a moment later."""
        self._ending.set()
        self._producer.purge()
        self._producer.poll(0)

    def _send(self, pending: _OpenRequest) -> None:
        request = pending.request.model_copy(
            update={"reply_partition": self._partition}
        )

        def on_delivery(error: KafkaError | None, _: Record) -> None:
            pending.delivered = error is None

        try:
            publish(
                self._producer,
                ADVICE_REQUESTS,
                request.request_id,
                request,
                pending.trace,
                on_delivery=on_delivery,
            )
        except (BufferError, KafkaException) as error:
            self._warnings.once(str(error), "a request for advice was not sent")

    def _run(self) -> None:
        for retries in count():
            problem = None if self._ending.is_set() else self._start_reading()
            if problem is None:
                break
            if retries == _QUIET_RETRIES:
                self._warnings.once(problem, "no advice until Kafka answers")
            self._ending.wait(_RETRY_S)
        while not self._ending.is_set():
            self._producer.poll(0)
            record = self._consumer.poll(_POLL_S)
            if record is not None and record.error() is None:
                self._receive(record)
        self._consumer.close()

    def _start_reading(self) -> str | None:
        """Read from the end of a partition on; send the requests that waited for that.

        Returns what went wrong, or None.
        """
        try:
            partition = self._pick_partition()
            place = TopicPartition(ADVICE_REPLIES.name, partition)
            _, end = self._consumer.get_watermark_offsets(place, timeout=_METADATA_S)
            self._consumer.assign([TopicPartition(place.topic, partition, end)])
            # The producer fetches the topic's metadata now, so the first request is quick.
            self._producer.list_topics(ADVICE_REQUESTS.name, timeout=_METADATA_S)
        except KafkaException as error:
            return str(error.args[0].str())
        except LookupError as error:
            return str(error)
        with self._lock:
            self._partition = partition
            waiting = list(self._open.values())
        for request in waiting:
            self._send(request)
        return None

    def _pick_partition(self) -> int:
        metadata = self._consumer.list_topics(ADVICE_REPLIES.name, timeout=_METADATA_S)
        topic = metadata.topics[ADVICE_REPLIES.name]
        if topic.error is not None or not topic.partitions:
            raise LookupError(
                f"Kafka has no topic {ADVICE_REPLIES.name}: `pilotfish prepare` creates it"
            )
        partition: int = random.choice(list(topic.partitions))  # noqa: S311 - no secret
        return partition

    def _receive(self, record: Record) -> None:
        if record.key() != self._key:
            return
        hint = decoded(ADVICE_REPLIES, record, self._warn)
        if not isinstance(hint, HintGiven):
            return
        with self._lock:
            request = self._open.pop(hint.request_id, None)
        if request is not None and request.answer.set_running_or_notify_cancel():
            request.answer.set_result(hint)

    def _warn(self, _record: Record, reason: str) -> None:
        self._warnings.once(reason, "a reply cannot be read")
