"""The archive: events, advice replies and dead letters, from Kafka into ClickHouse.

Exactly once in effect. Each row carries the partition and offset it came from, a batch
goes into a table as one block, whole or not at all, and at every assignment the archive
goes on behind the highest offset that the table holds: the offset stored with the data
is the truth, the one committed to Kafka only covers stretches without rows.

The group rebalances eagerly: what is in memory when partitions go is thrown away, and
whoever gets them asks the tables where to go on. An insert in flight is waited for.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import wait as wait_for
from functools import partial
from typing import Final

import structlog

from pilotfish.consumers.archive.batch import as_rows
from pilotfish.consumers.archive.rows import TABLES
from pilotfish.consumers.archive.writer import ArchiveWriter, PendingInsert
from pilotfish.runtime.archived_offsets import resume_positions
from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.service.handler import Batch, BusyError, TakenOverError
from pilotfish.runtime.service.loop import ConsumerLoop, ConsumerSpec
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.keys import Place

GROUP: Final = consumer_groups.ARCHIVE
ASKS_CLICKHOUSE: Final = True
SPEC: Final = ConsumerSpec(
    "archive",
    tuple(table.topic for table in TABLES),
    most=10_000,
    # Most of the time from event to query.
    collect_s=0.15,
    close_s=1.5,
)

_LOG = structlog.get_logger(service="archive")

_INSERT_S: Final = 1.0
"""An insert that takes longer lets the loop stay in the group without reading."""
_REVOKED_S: Final = 10.0
_CLOSE_S: Final = 1.5


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Archive until `stop` is set.

    Raises:
        UnavailableError: Kafka or ClickHouse is away; call again after a while.
        DeadLetterLimitError: too much is unreadable to go on.
    """
    connect = partial(ClickHouse, settings)
    properties = {"queued.max.messages.kbytes": 32 * 1024}
    broker = KafkaBroker(settings, GROUP, "range", properties=properties)
    handler = ArchiveHandler(connect, lambda: ArchiveWriter(connect()))
    dead = DeadLetters(producer(settings), "archive")
    with ConsumerLoop(broker, SPEC, handler, status, dead) as loop:
        loop.run(stop)


class ArchiveHandler:
    """Has at most one batch being inserted while the loop reads the next.

    Args:
        connect: opens a connection to ClickHouse.
        open_writer: opens a writer; one that hangs in an insert is left behind.
    """

    def __init__(
        self,
        connect: Callable[[], ClickHouse],
        open_writer: Callable[[], ArchiveWriter],
    ) -> None:
        self._clickhouse = connect()
        self._open_writer = open_writer
        self._writer = open_writer()
        self._pending: PendingInsert | None = None

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Read on behind what the tables hold."""
        return resume_positions(self._clickhouse, partitions)

    def handle(self, batch: Batch) -> Ends:
        """Begin to insert a batch, once the one before is in."""
        done = self._settled(_INSERT_S)
        self._pending = self._writer.begin(as_rows(batch))
        return done

    def idle(self) -> Ends:
        """Return where the inserted batch ends, as soon as it is in."""
        if self._pending is None or not self._pending.future.done():
            return {}
        return self._settled(0.0)

    def revoked(self, places: Sequence[Place]) -> Ends:
        return self._give_up(_REVOKED_S)

    def close(self) -> Ends:
        done = self._give_up(_CLOSE_S)
        self._clickhouse.close()
        return done

    def _settled(self, timeout_s: float) -> Ends:
        if self._pending is None:
            return {}
        pending = self._pending
        wait_for([pending.future], timeout=timeout_s)
        if not pending.future.done():
            raise BusyError
        self._pending = None
        if not pending.future.result():
            raise TakenOverError
        return pending.batch.ends

    def _give_up(self, timeout_s: float) -> Ends:
        """Let an insert in flight end, but begin none; throw away what is not in."""
        if self._pending is None:
            return {}
        pending, self._pending = self._pending, None
        pending.abandoned.set()
        wait_for([pending.future], timeout=timeout_s)
        if not pending.future.done():
            _LOG.warning("insert_left_behind", records=pending.batch.records)
            self._writer = self._open_writer()
            return {}
        failed = pending.future.exception() is not None
        return {} if failed or not pending.future.result() else pending.batch.ends
