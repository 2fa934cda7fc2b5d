"""Requests for advice to Kafka, and the replies from it."""

import random
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from pilotfish._sdk.hint import Question
from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime import trace
from pilotfish.runtime.kafka import consumer, headers, mapped_errors, producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.trace import TraceHeaders
from pilotfish.schemas.advice import Abstention, AdviceRequested, HintGiven
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.topics import ADVICE_REPLIES, ADVICE_REQUESTS

_QUICK: Final[dict[str, Any]] = {
    "socket.nagle.disable": True,
    "reconnect.backoff.max.ms": 1000,
    "log_level": 0,
}
_METADATA_S: Final = 0.5
_AGAIN_S: Final = 0.2
_TURNS_UNTOLD: Final = 3
_POLL_S: Final = 0.1


@dataclass(slots=True)
class _Open:
    """A request without an answer yet."""

    request: AdviceRequested
    trace: TraceHeaders
    answer: Future[HintGiven] = field(default_factory=Future)
    delivered: bool = False


class AdviceLine:
    """Asks on the requests topic and listens on one partition of the replies topic.

    A background thread finds that partition and its end; requests that are asked before
    are sent when it has. Nothing is committed: a reply is of use only now.

    Args:
        settings: where Kafka is.
        client_id: the key under which replies come.
        deadline_s: after which a request is of no use and is no longer sent.
        warnings: told about trouble, once a reason.

    Raises:
        ConfigurationError: settings with which no client can be made.
    """

    def __init__(
        self, settings: Settings, client_id: str, deadline_s: float, warnings: Warnings
    ) -> None:
        self._key = client_id.encode()
        self._warnings = warnings
        self._open: dict[str, _Open] = {}
        self._lock = threading.Lock()
        self._partition: int | None = None
        self._ending = threading.Event()
        with mapped_errors("connecting"):
            self._producer = producer(
                settings,
                **_QUICK,
                **{"enable.idempotence": False, "acks": 1, "linger.ms": 0},
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
        threading.Thread(
            target=self._listen, name="pilotfish-advice", daemon=True
        ).start()

    def ask(self, request: AdviceRequested) -> Question:
        """Send a request, now or as soon as replies can be heard."""
        waiting = _Open(request, trace.current())
        with self._lock:
            self._open[request.request_id] = waiting
            ready = self._partition is not None
        if ready:
            self._send(waiting)
        name = request.request_id
        about = name, request.attempt_id or ""
        return Question(*about, waiting.answer, lambda: self._give_up(name))

    def _give_up(self, request_id: str) -> Abstention:
        """Forget a request; "unreachable" if Kafka did not even take it."""
        self._producer.poll(0)
        with self._lock:
            forgotten = self._open.pop(request_id, None)
        if forgotten is None or forgotten.delivered:
            return "deadline"
        return "unreachable"

    def close(self) -> None:
        """Stop listening; the thread ends by itself, a moment later."""
        self._ending.set()
        self._producer.purge()
        self._producer.poll(0)

    def _send(self, waiting: _Open) -> None:
        request = waiting.request.model_copy(
            update={"reply_partition": self._partition}
        )

        def on_delivery(error: KafkaError | None, _: Record) -> None:
            waiting.delivered = error is None

        try:
            publish(
                self._producer,
                ADVICE_REQUESTS,
                request.request_id,
                request,
                waiting.trace,
                on_delivery=on_delivery,
            )
        except (BufferError, KafkaException) as error:
            self._warnings.once(str(error), "a request for advice was not sent")

    def _listen(self) -> None:
        for turn in count():
            trouble = None if self._ending.is_set() else self._tune_in()
            if trouble is None:
                break
            # Topics made just now have no leader for a moment: no news.
            if turn == _TURNS_UNTOLD:
                self._warnings.once(trouble, "no advice until Kafka answers")
            self._ending.wait(_AGAIN_S)
        while not self._ending.is_set():
            self._producer.poll(0)
            record = self._consumer.poll(_POLL_S)
            if record is not None and record.error() is None:
                self._hear(record)
        self._consumer.close()

    def _tune_in(self) -> str | None:
        """Listen from the end of a partition; send what waits for that.

        Returns what is in the way, or None.
        """
        try:
            partition = self._choose()
            place = TopicPartition(ADVICE_REPLIES.name, partition)
            _, end = self._consumer.get_watermark_offsets(place, timeout=_METADATA_S)
            self._consumer.assign([TopicPartition(place.topic, partition, end)])
            # Makes the producer know the topic, so that the first request is quick.
            self._producer.list_topics(ADVICE_REQUESTS.name, timeout=_METADATA_S)
        except KafkaException as error:
            return str(error.args[0].str())
        except LookupError as error:
            return str(error)
        with self._lock:
            self._partition = partition
            waiting = list(self._open.values())
        for one in waiting:
            self._send(one)
        return None

    def _choose(self) -> int:
        found = self._consumer.list_topics(ADVICE_REPLIES.name, timeout=_METADATA_S)
        topic = found.topics[ADVICE_REPLIES.name]
        if topic.error is not None or not topic.partitions:
            raise LookupError(f"Kafka has no topic {ADVICE_REPLIES.name}")
        chosen: int = random.choice(list(topic.partitions))  # noqa: S311 - no secret
        return chosen

    def _hear(self, record: Record) -> None:
        if record.key() != self._key:
            return
        try:
            given = decode(ADVICE_REPLIES, record.value(), headers(record))
        except SchemaError as error:
            self._warnings.once(str(error), "a reply cannot be read")
            return
        assert isinstance(given, HintGiven)
        with self._lock:
            waiting = self._open.pop(given.request_id, None)
        if waiting is not None and waiting.answer.set_running_or_notify_cancel():
            waiting.answer.set_result(given)
