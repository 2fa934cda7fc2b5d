"""Answers the records of one poll: with hints, with refusals, or as too late."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from confluent_kafka import Message as Record

from pilotfish.consumers.advisor.answers import Answers
from pilotfish.consumers.advisor.replies import Replies
from pilotfish.consumers.advisor.requests import Address, TracedRequest, read, refusal
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.service import metrics
from pilotfish.runtime.trace import answered
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import DeadLetterLimitError, SchemaError

BATCH: Final = 32
STALE_S: Final = 5.0
"""Age from which a request is not worth the encoder while others wait behind it."""


class Responder:
    """Sends one answer for each request.

    Args:
        answers: makes the hints.
        replies: publishes them.
        dead: takes the requests that cannot be read.
        behind: returns how many requests wait behind a record. Agents' clocks may be
            wrong; where nothing waits, no request is called old.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        answers: Answers,
        replies: Replies,
        dead: DeadLetters,
        behind: Callable[[Record], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answers = answers
        self._replies = replies
        self._dead = dead
        self._behind = behind
        self._clock = clock

    def respond(self, records: Sequence[Record]) -> None:
        """Answer the requests in these records; what is fresh is embedded together."""
        metrics.BATCH_RECORDS.observe(len(records))
        since = self._clock()
        fresh: list[TracedRequest] = []
        for record in records:
            self._sort(record, fresh)
        hints = self._answers.to([traced.request for traced in fresh])
        for traced, hint in zip(fresh, hints, strict=True):
            self._send(traced, hint, since)
        self._replies.poll()

    def flush(self, timeout_s: float) -> None:
        """Wait until Kafka has all answers and dead letters.

        Raises:
            UnavailableError: it did not take them in time.
        """
        self._replies.flush(timeout_s)
        self._dead.flush()

    def set_aside(self, record: Record, reason: str) -> None:
        """Make a dead letter of a record, unless there are too many of them already.

        One sender's flood must not end advice for all: the sender gets an answer, and
        each record is logged.
        """
        with suppress(DeadLetterLimitError):
            self._dead.put(record, reason)
            metrics.DEAD_LETTERS.labels(record.topic()).inc()

    def _sort(self, record: Record, fresh: list[TracedRequest]) -> None:
        """Put a request among the fresh ones, or answer it here."""
        try:
            traced = read(record)
        except SchemaError as error:
            self._refuse(record, str(error))
            return
        age_s = (utc_now() - traced.request.at).total_seconds()
        if age_s > STALE_S and self._behind(record) > BATCH:
            hint = self._answers.too_late(traced.request, age_s)
            self._send(traced, hint, self._clock())
        else:
            fresh.append(traced)

    def _send(self, traced: TracedRequest, hint: HintGiven, since: float) -> None:
        taken_s = self._clock() - since
        metrics.HINT_SECONDS.observe(taken_s)
        timed = hint.model_copy(update={"latency_ms": 1e3 * taken_s})
        to = Address(traced.request.reply_topic, traced.request.reply_partition)
        self._replies.send(timed, to, answered(traced.trace, timed))

    def _refuse(self, record: Record, reason: str) -> None:
        self.set_aside(record, reason)
        answer = refusal(record, reason)
        if answer is not None:
            self._replies.send(*answer)
