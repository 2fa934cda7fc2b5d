"""Sends answers to the topic and partition that the request named, if it may name them."""

from collections.abc import Callable
from functools import partial
from typing import Final

import structlog
from confluent_kafka import KafkaError
from confluent_kafka import Message as Record

from pilotfish.consumers.advisor.requests import Address
from pilotfish.runtime.kafka import FOR_ANY_CLIENT, producer
from pilotfish.runtime.service.metrics import HINTS
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.trace import TraceHeaders
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import ADVICE_REPLIES

_LOG = structlog.get_logger(service="advisor")

_TIMEOUT_S: Final = 5.0
_AGAIN_S: Final = 2.0
"""Least time between two looks whether an unknown reply topic exists by now."""


_BY_KEY: Final = -1
"""What librdkafka calls PARTITION_UA."""


class Replies:
    """Publishes hints, each under its client_id.

    Args:
        settings: which Kafka.
        clock: seconds that only grow.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        # By then, whoever made the request no longer waits for the answer.
        in_time = {"linger.ms": 0, "message.timeout.ms": 10_000}
        self._producer = producer(settings, **in_time, **FOR_ANY_CLIENT)
        self._clock = clock
        self._partitions: dict[str, int] = {}
        self._looked_at = -_AGAIN_S

    def problem_with(self, address: Address) -> str:
        """Return why nothing can be sent there; empty if it can."""
        if not address.topic.startswith(ADVICE_REPLIES.name):
            return f"reply_topic must be {ADVICE_REPLIES.name} or begin with that"
        count = self._partitions_of(address.topic)
        if count == 0:
            return f"there is no topic {address.topic[:100]!r}"
        if address.partition is not None and address.partition >= count:
            return f"{address.topic} has {count} partitions, and no partition {address.partition}"
        return ""

    def send(
        self, hint: HintGiven, to: Address, trace: TraceHeaders | None = None
    ) -> None:
        """Queue a hint; an impossible address turns it into "invalid" on the default topic.

        Raises:
            UnavailableError: the queue to Kafka is full.
        """
        problem = self.problem_with(to)
        if problem:
            hint, to = _invalid(hint, problem), Address(ADVICE_REPLIES.name, None)
        self._produce(hint, to, trace or [])

    def poll(self) -> None:
        """Handle the deliveries that Kafka has reported; does not wait."""
        self._producer.poll(0)

    def flush(self, timeout_s: float) -> None:
        """Wait until Kafka has all answers.

        Raises:
            UnavailableError: it did not acknowledge them in time.
        """
        if self._producer.flush(timeout_s):
            raise UnavailableError("Kafka has not acknowledged the answers in time")

    def _produce(self, hint: HintGiven, to: Address, trace: TraceHeaders) -> None:
        try:
            self._producer.produce(
                to.topic,
                key=hint.client_id,
                value=encode(hint),
                headers=headers_of(hint) + trace,
                on_delivery=partial(_delivered, hint),
                partition=_BY_KEY if to.partition is None else to.partition,
            )
        except BufferError as error:
            raise UnavailableError("the queue of answers is full") from error
        HINTS.labels(hint.abstained or "hint").inc()

    def _partitions_of(self, topic: str) -> int:
        if (
            topic not in self._partitions
            and self._clock() >= self._looked_at + _AGAIN_S
        ):
            self._looked_at = self._clock()
            # All topics: a request for metadata of a single one would create it.
            topics = self._producer.list_topics(timeout=_TIMEOUT_S).topics
            self._partitions = {name: len(t.partitions) for name, t in topics.items()}
        return self._partitions.get(topic, 0)


def _invalid(hint: HintGiven, detail: str) -> HintGiven:
    return HintGiven(
        request_id=hint.request_id,
        tenant=hint.tenant,
        client_id=hint.client_id,
        attempt_id=hint.attempt_id,
        abstained="invalid",
        detail=detail,
    )


def _delivered(hint: HintGiven, error: KafkaError | None, _record: Record) -> None:
    if error is not None:
        _LOG.error(
            "not_answered",
            request_id=hint.request_id,
            attempt_id=hint.attempt_id,
            version=hint.advisor_version,
            error=error.str(),
        )
