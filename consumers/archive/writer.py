"""What the archive does with a batch behind its consumer: dead letters, then rows.

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
from typing import Final

import structlog

from pilotfish.consumers.archive.batch import Batch, token
from pilotfish.consumers.archive.rows import DEAD_LETTERS_TABLE
from pilotfish.runtime.archived_offsets import stored_ends
from pilotfish.runtime.clickhouse import Block, ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.forgotten import Forgotten
from pilotfish.runtime.retry import Result, retry_until_available
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.background import in_background
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError

_LOG = structlog.get_logger(service="archive")

_LATE_S: Final = 5.0
"""From asking for a batch to inserting it: after that, another may have its partitions."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A batch on its way into ClickHouse; `abandoned` ends its tries, not its insert.

    The future tells whether it is in: not where another has taken over.
    """

    batch: Batch
    future: "Future[bool]"
    abandoned: threading.Event


class ArchiveWriter:
    """Writes one batch at a time, with a connection of its own."""

    def __init__(self, settings: Settings, dead: DeadLetters) -> None:
        self._clickhouse = ClickHouse(settings)
        self._forgotten = Forgotten(self._clickhouse)
        self._dead = dead

    def begin(self, batch: Batch, asked_at: float) -> Pending:
        """Write a batch in the background, however long ClickHouse is away.

        Args:
            batch: nobody else reads or changes it until it is written.
            asked_at: monotonic seconds when its records were asked for.

        Raises:
            UnavailableError, StorageError: as `ClickHouse.block`.
        """
        metrics.BATCH_RECORDS.observe(batch.records)
        blocks, abandoned = self._blocks(batch), threading.Event()
        future = in_background(lambda: self._write(batch, blocks, asked_at, abandoned))
        return Pending(batch, future, abandoned)

    def _write(
        self,
        batch: Batch,
        blocks: list[Block],
        asked_at: float,
        abandoned: threading.Event,
    ) -> bool:
        def patiently(work: Callable[[], Result]) -> Result:
            return retry_until_available(work, abandoned, note)

        def note(error: UnavailableError, _wait_s: float) -> None:
            _LOG.warning("insert_waits", error=str(error), records=batch.records)

        self._set_aside(batch)
        with metrics.WRITE_SECONDS.time():
            gone = patiently(lambda: self._forgotten.among(batch.attempts()))
            if gone:
                batch.drop(gone)
                # Once: tries of an insert must be of the same blocks.
                blocks = patiently(lambda: self._blocks(batch))
            return patiently(lambda: self._insert(batch, blocks, asked_at))

    def _set_aside(self, batch: Batch) -> None:
        """Write dead letters, before any row of the batch.

        Behind rows of higher offsets nobody would read the unreadable records again.
        """
        for record, reason in batch.unreadable:
            if record.topic() == DEAD_LETTERS_TABLE.topic.name:
                _LOG.warning("unreadable", offset=record.offset(), reason=reason)
                continue
            self._dead.put(record, reason)
            metrics.DEAD_LETTERS.labels(record.topic()).inc()
        if batch.unreadable:
            self._dead.flush()

    def _blocks(self, batch: Batch) -> list[Block]:
        return [
            self._clickhouse.block(table.name, table.columns, rows, token(table, rows))
            for table, rows in batch.rows.items()
        ]

    def _insert(self, batch: Batch, blocks: list[Block], asked_at: float) -> bool:
        """Return whether the rows are in; not where another has written some."""
        late = time.monotonic() > asked_at + _LATE_S
        if late and _stored(self._clickhouse, batch):
            return False
        for block in blocks:
            self._clickhouse.insert_block(block)
        return True


def _stored(clickhouse: ClickHouse, batch: Batch) -> bool:
    """Return whether the tables hold records of a batch already, or later ones."""
    ends = stored_ends(clickhouse, {table.topic.name for table in batch.rows})
    return any(
        row.topic_offset < ends.get((table.topic.name, row.topic_partition), 0)
        for table, rows in batch.rows.items()
        for row in rows
    )
