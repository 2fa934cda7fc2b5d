"""The archive: events, advice replies and dead letters, from Kafka into ClickHouse.

Exactly once in effect. Each row carries the partition and offset it came from, a batch
goes into a table as one block, whole or not at all, and at every assignment the archive
goes on behind the highest offset that the table holds: the offset stored with the data
is the truth, the one committed to Kafka only covers stretches without rows.

The group rebalances eagerly: what is in memory when partitions go is thrown away, and
whoever gets them asks the tables where to go on. An insert in flight is waited for.
"""

import threading
import time
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import suppress
from typing import Final, Self

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition

from pilotfish.consumers.archive.batch import Batch, read
from pilotfish.consumers.archive.rows import TABLES
from pilotfish.consumers.archive.writer import ArchiveWriter, Pending
from pilotfish.runtime.archived_offsets import resume_positions
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import (
    consumer,
    mapped_errors,
    producer,
    readable,
    subscribe,
)
from pilotfish.runtime.service.background import close_within
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups

GROUP: Final = consumer_groups.ARCHIVE
ASKS_CLICKHOUSE: Final = True

_LOG = structlog.get_logger(service="archive")

_MAX_RECORDS: Final = 10_000
_MAX_BYTES: Final = 64 * 1024 * 1024
_BATCH_S: Final = 0.15
"""How long a batch is collected: most of the time from event to query."""
_PATIENCE_S: Final = 1.0
"""An insert that takes longer pauses the partitions, so that polling can go on."""
_ANSWER_S: Final = 10.0
_CLOSE_S: Final = 1.5


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Archive until `stop` is set.

    Raises:
        UnavailableError: Kafka or ClickHouse is away; call again after a while.
        DeadLetterLimitError: too much is unreadable to go on.
    """
    with mapped_errors("archiving"), Archive(settings, status) as archive:
        while not stop.is_set():
            archive.step()


class Archive:
    """One consumer of the group, with at most one batch being inserted behind it."""

    def __init__(self, settings: Settings, status: ServiceStatus) -> None:
        self._settings = settings
        self._status = status
        self._clickhouse = ClickHouse(settings)
        self._dead = DeadLetters(producer(settings), "archive")
        self._writer = ArchiveWriter(settings, self._dead)
        self._pending: Pending | None = None
        self._rebalanced = False
        self._max_records = 1000
        self._consumer: Consumer = consumer(
            settings,
            GROUP,
            **{
                "partition.assignment.strategy": "range",
                "queued.max.messages.kbytes": 32 * 1024,
            },
        )
        subscribe(
            self._consumer,
            [table.topic for table in TABLES],
            self._assigned,
            self._revoked,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._give_up(_CLOSE_S)
        close_within(self._consumer.close, _CLOSE_S)
        self._clickhouse.close()

    def step(self) -> None:
        """Read a batch while the one before is inserted, then start inserting this one.

        1. collect and decode; 2. wait for the insert of the batch before and commit it;
        3. if partitions were taken meanwhile, throw the new batch away and go on where
        the tables end; 4. otherwise insert it in the background.
        """
        self._status.beat()
        asked_at = time.monotonic()
        batch = read(readable(self._consumer.consume(self._max_records, _BATCH_S)))
        self._settle()
        if self._rebalanced:
            self._rebalanced = False
            self._place(self._consumer.assignment())
        elif batch.records:
            self._adapt(batch)
            self._pending = self._writer.begin(batch, asked_at)

    def _adapt(self, batch: Batch) -> None:
        """Bound the next batch in bytes by the mean size of this one's records."""
        fitting = _MAX_BYTES * batch.records // (batch.size_bytes + 1)
        self._max_records = max(100, min(_MAX_RECORDS, fitting))

    def _settle(self) -> None:
        """Wait until the pending batch is in ClickHouse, however long that takes."""
        if self._pending is None:
            return
        pending = self._pending
        wait_for([pending.future], timeout=_PATIENCE_S)
        if not pending.future.done():
            self._poll_until(pending.future)
        if self._pending is not None:
            self._pending = None
            if pending.future.result():
                self._status.reached(pending.batch.next_offsets)
                self._consumer.commit(offsets=_ends(pending.batch), asynchronous=True)
            else:
                self._rebalanced = True

    def _poll_until(self, future: "Future[bool]") -> None:
        """Stay a member of the group without reading: paused, but polling."""
        self._consumer.pause(self._consumer.assignment())
        while not future.done() and self._pending is not None:
            self._status.beat()
            # What slips through after a rebalance is read again: see step 3.
            readable(self._consumer.consume(1, _PATIENCE_S))
        self._consumer.resume(self._consumer.assignment())

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._place(partitions)

    def _place(self, partitions: list[TopicPartition]) -> None:
        places = resume_positions(self._consumer, self._clickhouse, partitions)
        self._consumer.assign(places)
        # Kafka's client keeps what was paused so over an assignment that took it away.
        self._consumer.resume(places)
        self._status.gained(places)
        _LOG.info(
            "assigned", places=[f"{p.topic}/{p.partition}@{p.offset}" for p in places]
        )

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._rebalanced = True
        self._status.lost(partitions)
        self._give_up(_ANSWER_S)
        self._consumer.unassign()

    def _give_up(self, timeout_s: float) -> None:
        """Let an insert in flight end, but begin none; throw away what is not in."""
        if self._pending is None:
            return
        pending, self._pending = self._pending, None
        pending.abandoned.set()
        wait_for([pending.future], timeout=timeout_s)
        if not pending.future.done():
            _LOG.warning("insert_left_behind", records=pending.batch.records)
            self._writer = ArchiveWriter(self._settings, self._dead)  # this one is busy
        elif pending.future.exception() is None and pending.future.result():
            with suppress(KafkaException):  # the table knows; this is a courtesy
                self._consumer.commit(offsets=_ends(pending.batch), asynchronous=False)


def _ends(batch: Batch) -> list[TopicPartition]:
    ends = batch.next_offsets.items()
    return [TopicPartition(*place, offset) for place, offset in ends]
