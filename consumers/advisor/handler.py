"""The advisor: answers requests for advice, and learns from every label meanwhile.

Workers share the partitions of requests as a group, and each reads all labels, so that
all of them know the same. One thread answers and learns in turns: requests first, as
many as are there; then labels for a few milliseconds. Loading a promoted bundle and
writing snapshots happen beside it.

An answer is in Kafka before its request counts as read: a killed worker's requests may
be answered twice, with the same choice, and never not at all.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from types import TracebackType
from typing import Final, Self

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from pilotfish.consumers.advisor.answers import Answers
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.consumers.advisor.replies import Replies
from pilotfish.consumers.advisor.requests import Address, TracedRequest, read, refusal
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.consumers.advisor.snapshot_writer import SnapshotWriter
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import (
    consumer,
    mapped_errors,
    producer,
    readable,
    subscribe,
)
from pilotfish.runtime.label_reader import LabelReader
from pilotfish.runtime.promotions import PromotionReader
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.background import close_within
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.trace import answered
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import DeadLetterLimitError, SchemaError, UnavailableError
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import ADVICE_REQUESTS, LABELS, Topic

GROUP: Final = consumer_groups.ADVISOR
ASKS_CLICKHOUSE: Final = False

STALE_S: Final = 5.0
"""Age from which a request is not worth the encoder while others wait behind it."""

_LOG = structlog.get_logger(service="advisor")

_BATCH: Final = 32
_IDLE_S: Final = 0.02
_LEARN_S: Final = 0.015
"""How long labels may keep a request waiting, and one slice of labels on top of it."""
_LABELS: Final = 2
_LABELS_AT_START: Final = 16
_COMMIT_S: Final = 1.0
_FLUSH_S: Final = 5.0
_LAST_FLUSH_S: Final = 1.0
_CATCH_UP_S: Final = 20.0
"""How long a start may learn old labels before it answers with what it knows."""
_CLOSE_S: Final = 1.0
_SESSION_MS: Final = 6000
"""A killed worker's requests wait this long for another; brokers allow no less."""


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Advise until `stop` is set; what was read by then is answered.

    Raises:
        UnavailableError: Kafka is away; call again after a while.
    """
    with mapped_errors("advising"), Advisor(settings, status) as advisor:
        advisor.start(stop)
        while not stop.is_set():
            advisor.step()


class Advisor:
    """One worker of the group.

    Args:
        settings: Kafka, model store, and the share of the holdout.
        status: told where it stands.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        settings: Settings,
        status: ServiceStatus,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._status = status
        self._clock = clock
        self._snapshots = SnapshotStore(settings.models)
        self._registry = AdvisorRegistry(settings, self._snapshots, clock)
        self._answers = Answers(self._registry, settings.holdout)
        self._snapshot_writer = SnapshotWriter(self._snapshots, clock)
        self._dead = DeadLetters(producer(settings), "advisor")
        self._replies = Replies(settings, clock)
        place = self._snapshots.read_place()
        self._labels = LabelReader(settings, place, self._set_aside)
        self._promotions = PromotionReader(settings, self._set_aside)
        self._next: dict[int, int] = {}
        self._next_commit = clock() + _COMMIT_S
        self._learned = 0
        self._requests: Consumer = consumer(
            settings,
            GROUP,
            **{"session.timeout.ms": _SESSION_MS, "fetch.wait.max.ms": 100},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Answers first, then what was learned, then goodbye to the group.

        After an error nothing is saved: labels may have been read and not learned.
        """
        self._registry.close()
        self._commit_now()
        if error is None:
            self._snapshot_writer.finish(self._registry.loaded, self._labels.positions)
        self._snapshots.close()
        close_within(self._requests.close, _CLOSE_S)
        for reader in (self._labels, self._promotions):
            reader.close()

    def start(self, stop: threading.Event) -> None:
        """Take the promoted advisors into service, catch up with labels, join the group.

        Until it joins, requests go to the other workers.
        """
        beat = self._status.beat
        self._registry.start(self._promotions.read_to_end(), stop, beat)
        deadline = self._clock() + _CATCH_UP_S
        while not (stop.is_set() or self._labels.at_end or self._clock() > deadline):
            beat()
            self._learn(_LABELS_AT_START, _IDLE_S)
            if not self._registry.ready:
                break
        subscribe(self._requests, [ADVICE_REQUESTS], self._assigned, self._revoked)
        _LOG.info("advising", labels=self._learned, caught_up=self._labels.at_end)

    def step(self) -> None:
        """Answer what is there, learn a little, and look after everything else.

        1. requests  2. labels  3. promotions, put into service between two batches
        4. a piece of a snapshot  5. once a second, commit.
        """
        self._status.beat()
        self._answer(self._read(0.0 if self._learned else _IDLE_S))
        self._learned = 0
        deadline = self._clock() + _LEARN_S
        while self._learn(_LABELS, 0.0) and self._clock() < deadline:
            pass
        for message in self._promotions.read():
            self._registry.announced(message)
        for loaded in self._registry.settle():
            self._labels.rewind(loaded.advisor.state.offsets)
        self._snapshot_writer.step(self._registry.loaded, self._labels.positions)
        if self._clock() >= self._next_commit:
            self._commit()

    def _read(self, wait_s: float) -> list[Record]:
        first = self._requests.poll(wait_s)
        if first is None:
            return []
        return readable([first, *self._requests.consume(_BATCH - 1, 0)])

    def _answer(self, records: Sequence[Record]) -> None:
        if not records:
            return
        metrics.BATCH_RECORDS.observe(len(records))
        since = self._clock()
        fresh: list[TracedRequest] = []
        for record in records:
            self._sort(record, fresh)
        hints = self._answers.to([asked.request for asked in fresh])
        for asked, hint in zip(fresh, hints, strict=True):
            self._send(asked, hint, since)
        self._replies.poll()

    def _sort(self, record: Record, fresh: list[TracedRequest]) -> None:
        """Put a request among the fresh ones, or answer it here."""
        self._next[record.partition() or 0] = (record.offset() or 0) + 1
        try:
            asked = read(record)
        except SchemaError as error:
            self._refuse(record, str(error))
            return
        age_s = (utc_now() - asked.request.at).total_seconds()
        if age_s > STALE_S and self._behind(record) > _BATCH:
            hint = self._answers.too_late(asked.request, age_s)
            self._send(asked, hint, self._clock())
        else:
            fresh.append(asked)

    def _behind(self, record: Record) -> int:
        """Return how many requests wait behind this one, as far as is known here.

        Agents' clocks may be wrong; where nothing waits, no request is called old.
        """
        place = TopicPartition(ADVICE_REQUESTS.name, record.partition() or 0)
        _, end = self._requests.get_watermark_offsets(place, cached=True)
        return int(end) - (record.offset() or 0) - 1

    def _send(self, asked: TracedRequest, hint: HintGiven, since: float) -> None:
        taken_s = self._clock() - since
        metrics.HINT_SECONDS.observe(taken_s)
        timed = hint.model_copy(update={"latency_ms": 1e3 * taken_s})
        to = Address(asked.request.reply_topic, asked.request.reply_partition)
        self._replies.send(timed, to, answered(asked.trace, timed))

    def _refuse(self, record: Record, reason: str) -> None:
        self._set_aside(record, reason)
        answer = refusal(record, reason)
        if answer is not None:
            self._replies.send(*answer)

    def _set_aside(self, record: Record, reason: str) -> None:
        # One sender's flood must not end advice for all: it is told, and it is logged.
        with suppress(DeadLetterLimitError):
            self._dead.put(record, reason)
            metrics.DEAD_LETTERS.labels(record.topic()).inc()

    def _learn(self, most: int, wait_s: float) -> int:
        """Learn a slice of labels; return how many were there."""
        if not self._registry.ready:
            return 0
        before = dict(self._labels.positions)
        labels = self._labels.read(most, wait_s)
        labels.sort(key=lambda one: one.label.tenant)  # keeps a partition's order
        for tenant, own in groupby(labels, key=lambda one: one.label.tenant):
            self._registry.for_labels(tenant, before).advisor.learn_all(list(own))
        self._learned += len(labels)
        return len(labels)

    def _commit(self) -> None:
        """Note as read what is answered."""
        self._next_commit = self._clock() + _COMMIT_S
        self._tell()
        if self._next:
            self._requests.commit(offsets=self._answered(_FLUSH_S), asynchronous=True)

    def _tell(self) -> None:
        """Say how far labels were learned, and whether there is anybody who advises."""
        self._status.reached(_places(LABELS, self._labels.positions))
        self._status.missing = "" if self._registry.ready else "no advisor in the store"

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        # Where requests are read on, Kafka's client alone knows.
        starts: dict[Place, int | None] = dict.fromkeys(_where(partitions))
        starts |= _places(LABELS, self._labels.positions)
        self._status.gained(starts)
        self._tell()

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._commit_now()
        self._status.lost(_where(partitions))

    def _commit_now(self) -> None:
        """Do so before partitions go to another worker; if it fails, that one answers."""
        with suppress(KafkaException, UnavailableError):
            ends = self._answered(_LAST_FLUSH_S)
            if ends:
                self._requests.commit(offsets=ends, asynchronous=False)

    def _answered(self, timeout_s: float) -> list[TopicPartition]:
        """Return where requests go on, once Kafka has the answers and dead letters."""
        self._replies.flush(timeout_s)
        self._dead.flush()
        ends, self._next = self._next, {}
        self._status.reached(_places(ADVICE_REQUESTS, ends))
        return [TopicPartition(ADVICE_REQUESTS.name, *end) for end in ends.items()]


def _where(partitions: Sequence[TopicPartition]) -> list[Place]:
    return [(place.topic, place.partition) for place in partitions]


def _places(topic: Topic, ends: Mapping[int, int]) -> dict[Place, int]:
    return {(topic.name, partition): end for partition, end in ends.items()}
