"""The advisor: answers requests for advice, and learns from every label meanwhile.

Workers share the partitions of requests as a group, and each reads all labels, so that
all of them know the same. One thread answers and learns in turns: requests first, as
many as are there; then labels for a few milliseconds. Loading a promoted bundle and
writing snapshots happen beside it. These turns are why it has a loop of its own.

An answer is in Kafka before its request is committed: after a kill a request may be
answered twice, with the same choice, but always once.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from types import TracebackType
from typing import Final, Self

import structlog
from confluent_kafka import KafkaException

from pilotfish.consumers.advisor.answers import Answers
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.consumers.advisor.replies import Replies
from pilotfish.consumers.advisor.responder import BATCH, Responder
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.consumers.advisor.snapshot_writer import SnapshotWriter
from pilotfish.runtime.broker import Ends, PartitionOffsets, ends_of
from pilotfish.runtime.catalogue import Catalogue, CatalogueReader
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.label_reader import LabelReader
from pilotfish.runtime.promotions import PromotionReader
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import ADVICE_REQUESTS, LABELS

GROUP: Final = consumer_groups.ADVISOR
ASKS_CLICKHOUSE: Final = False

_LOG = structlog.get_logger(service="advisor")

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
    with mapped_errors("advising"), AdvisorService(settings, status) as service:
        service.start(stop)
        while not stop.is_set():
            service.step()


class AdvisorService:
    """One worker of the group.

    Args:
        settings: Kafka, model store, and the share of the holdout.
        status: kept up to date, for probes and metrics.
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
        properties = {"session.timeout.ms": _SESSION_MS, "fetch.wait.max.ms": 100}
        self._requests = KafkaBroker(
            settings, GROUP, collects=False, properties=properties
        )
        self._snapshots = SnapshotStore(settings.models)
        self._registry = AdvisorRegistry(settings, self._snapshots, clock)
        self._snapshot_writer = SnapshotWriter(self._snapshots, clock)
        self._catalogue = Catalogue()
        self._responder = Responder(
            Answers(self._registry, self._catalogue, settings.holdout),
            Replies(settings, clock),
            DeadLetters(producer(settings), "advisor"),
            self._requests.behind,
            clock,
        )
        set_aside = self._responder.set_aside
        place = self._snapshots.read_place()
        self._labels = LabelReader(settings, place, set_aside)
        self._promotions = PromotionReader(settings, set_aside)
        self._strategies = CatalogueReader(settings, set_aside)
        self._answered: dict[Place, int] = {}
        self._next_commit = clock() + _COMMIT_S
        self._learned = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Send the answers, then save what was learned, then leave the group.

        After an error nothing is saved: labels may have been read and not learned.
        """
        self._registry.close()
        with suppress(KafkaException):
            self._requests.commit_now(self._last_answers())
        if error is None:
            self._snapshot_writer.finish(self._registry.loaded, self._labels.positions)
        self._snapshots.close()
        self._requests.close(_CLOSE_S)
        for reader in (self._labels, self._promotions, self._strategies):
            reader.close()

    def start(self, stop: threading.Event) -> None:
        """Take the promoted advisors into service, catch up with labels, join the group.

        Until it joins, requests go to the other workers.
        """
        beat = self._status.beat
        self._catalogue.update(self._strategies.read_to_end())
        self._registry.start(self._promotions.read_to_end(), stop, beat)
        deadline = self._clock() + _CATCH_UP_S
        while not (stop.is_set() or self._labels.at_end or self._clock() > deadline):
            beat()
            self._learn(_LABELS_AT_START, _IDLE_S)
            if not self._registry.ready:
                break
        self._requests.subscribe([ADVICE_REQUESTS], self)
        _LOG.info("advising", labels=self._learned, caught_up=self._labels.at_end)

    def step(self) -> None:
        """Answer what is there, learn a little, and look after everything else.

        1. requests  2. labels  3. strategies and promotions, between two batches
        4. a piece of a snapshot  5. once a second, commit.
        """
        self._status.beat()
        records = self._requests.poll(BATCH, 0.0 if self._learned else _IDLE_S)
        if records:
            self._answered |= ends_of(records)
            self._responder.respond(records)
        self._learned = 0
        deadline = self._clock() + _LEARN_S
        while self._learn(_LABELS, 0.0) and self._clock() < deadline:
            pass
        self._catalogue.update(self._strategies.read())
        for message in self._promotions.read():
            self._registry.announced(message)
        for loaded in self._registry.settle():
            self._labels.rewind(loaded.advisor.state.offsets)
        self._snapshot_writer.step(self._registry.loaded, self._labels.positions)
        if self._clock() >= self._next_commit:
            self._commit()

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Read requests on where the group has committed."""
        starts = {partition.place: partition.resume() for partition in partitions}
        self._status.gained({**starts, **self._label_places()})
        self._show_progress()
        return starts

    def revoked(self, places: Sequence[Place]) -> Ends:
        self._status.lost(places)
        return self._last_answers()

    def _learn(self, most: int, wait_s: float) -> int:
        """Learn a slice of labels; return how many were there."""
        if not self._registry.ready:
            return 0
        before = dict(self._labels.positions)
        labels = self._labels.read(most, wait_s)
        labels.sort(key=lambda placed: placed.label.tenant)  # keeps a partition's order
        for tenant, own in groupby(labels, key=lambda placed: placed.label.tenant):
            self._registry.for_labels(tenant, before).advisor.learn_all(list(own))
        self._learned += len(labels)
        return len(labels)

    def _commit(self) -> None:
        self._next_commit = self._clock() + _COMMIT_S
        self._show_progress()
        if self._answered:
            self._requests.commit(self._flushed(_FLUSH_S))

    def _last_answers(self) -> Ends:
        """Flush the answers before others read on; if that fails, those answer again."""
        with suppress(UnavailableError):
            return self._flushed(_LAST_FLUSH_S)
        return {}

    def _show_progress(self) -> None:
        """Note how far labels were learned, and whether there is an advisor at all."""
        self._status.reached(self._label_places())
        self._status.missing = "" if self._registry.ready else "no advisor in the store"

    def _flushed(self, timeout_s: float) -> Ends:
        """Return where requests go on, once Kafka has the answers and dead letters."""
        self._responder.flush(timeout_s)
        ends, self._answered = self._answered, {}
        self._status.reached(ends)
        return ends

    def _label_places(self) -> Mapping[Place, int]:
        positions = self._labels.positions
        return {(LABELS.name, partition): end for partition, end in positions.items()}
