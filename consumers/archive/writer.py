"""Writes the archive's batches into ClickHouse, in the background, one at a time.

Rows of what was forgotten are dropped, by what ClickHouse says of it just before the
insert. A process that slept since it read the batch looks whether another wrote it before
it does. Only one that falls asleep while it sends, for longer than its session (10 s), can
write rows that another wrote, too; they share the sort key with those, and collapse.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import structlog

from pilotfish.consumers.archive.batch import RowBatch, token
from pilotfish.runtime.archived_offsets import stored_ends
from pilotfish.runtime.clickhouse import Block, ClickHouse
from pilotfish.runtime.forgotten import Forgotten
from pilotfish.runtime.retry import Result, retry_until_available
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.background import in_background
from pilotfish.schemas.errors import UnavailableError

_LOG = structlog.get_logger(service="archive")

LATE_S: Final = 5.0
"""From asking for a batch to inserting it: after that, another may have its partitions."""

Work = TypeVar("Work")


class Start(Protocol):
    """Starts work beside the caller; the future carries its result or its error."""

    def __call__(self, work: Callable[[], Work], /) -> "Future[Work]": ...


@dataclass(frozen=True, slots=True)
class PendingInsert:
    """A batch on its way into ClickHouse; `abandoned` ends its tries, not its insert.

    The future tells whether it is in: not where another has taken over.
    """

    batch: RowBatch
    future: "Future[bool]"
    abandoned: threading.Event


class ArchiveWriter:
    """Writes one batch at a time.

    Args:
        clickhouse: a connection for this writer alone.
        start: runs the insert.
        late_s: the age from which a batch may have been written by another.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        start: Start = in_background,
        late_s: float = LATE_S,
    ) -> None:
        self._clickhouse = clickhouse
        self._start = start
        self._late_s = late_s
        self._forgotten = Forgotten(clickhouse)

    def begin(self, batch: RowBatch) -> PendingInsert:
        """Write a batch, however long ClickHouse is away.

        Args:
            batch: nobody else reads or changes it until it is written.

        Raises:
            UnavailableError, StorageError: as `ClickHouse.block`.
        """
        blocks, abandoned = self._blocks(batch), threading.Event()
        future = self._start(lambda: self._write(batch, blocks, abandoned))
        return PendingInsert(batch, future, abandoned)

    def _write(
        self, batch: RowBatch, blocks: list[Block], abandoned: threading.Event
    ) -> bool:
        def patiently(work: Callable[[], Result]) -> Result:
            return retry_until_available(work, abandoned, note)

        def note(error: UnavailableError, _wait_s: float) -> None:
            _LOG.warning("insert_waits", error=str(error), records=batch.records)

        with metrics.WRITE_SECONDS.time():
            gone = patiently(lambda: self._forgotten.among(batch.attempts()))
            if gone:
                batch.drop(gone)
                # Once: tries of an insert must be of the same blocks.
                blocks = patiently(lambda: self._blocks(batch))
            return patiently(lambda: self._insert(batch, blocks))

    def _blocks(self, batch: RowBatch) -> list[Block]:
        return [
            self._clickhouse.block(table.name, table.columns, rows, token(table, rows))
            for table, rows in batch.rows.items()
        ]

    def _insert(self, batch: RowBatch, blocks: list[Block]) -> bool:
        """Return whether the rows are in; not where another has written some."""
        late = time.monotonic() > batch.polled_at + self._late_s
        if late and self._stored(batch):
            return False
        for block in blocks:
            self._clickhouse.insert_block(block)
        return True

    def _stored(self, batch: RowBatch) -> bool:
        """Return whether the tables hold records of a batch already, or later ones."""
        topics = {table.topic.name for table in batch.rows}
        ends = stored_ends(self._clickhouse, topics)
        return any(
            row.topic_offset < ends.get((table.topic.name, row.topic_partition), 0)
            for table, rows in batch.rows.items()
            for row in rows
        )
