"""A batch of messages as rows of the archive's tables."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pilotfish.consumers.archive.rows import TABLES, Row, Table
from pilotfish.runtime.broker import Ends
from pilotfish.runtime.service.handler import Batch
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.keys import AttemptKey

_TABLE_OF: Final = {table.topic.name: table for table in TABLES}


@dataclass(slots=True)
class RowBatch:
    """Rows by table, and the offsets behind them.

    Args:
        polled_at: monotonic seconds when its records were asked for.
        ends: the next offset in each of its partitions.
        records: how many records it was made of.
        rows: in the order of their offsets.
    """

    polled_at: float
    ends: Ends = field(default_factory=dict)
    records: int = 0
    rows: dict[Table, list[Row]] = field(default_factory=dict)

    def attempts(self) -> Iterator[AttemptKey]:
        """Yield for each row the attempts that it may be about."""
        for rows in self.rows.values():
            for row in rows:
                yield from row.about()

    def drop(self, forgotten: set[AttemptKey]) -> None:
        """Throw away the rows of these attempts."""
        kept = {
            table: [row for row in rows if forgotten.isdisjoint(row.about())]
            for table, rows in self.rows.items()
        }
        self.rows = {table: rows for table, rows in kept.items() if rows}


def as_rows(batch: Batch) -> RowBatch:
    """Return the rows of a batch."""
    made = RowBatch(batch.polled_at, batch.ends, batch.records)
    for message, topic, partition, offset in batch.messages:
        # Orders to forget are for streams: a row would tell of what was forgotten.
        if not isinstance(message, (AttemptForgotten, TenantForgotten)):
            table = _TABLE_OF[topic.name]
            row = table.row(message, partition, offset)
            made.rows.setdefault(table, []).append(row)
    return made


def token(table: Table, rows: list[Row]) -> str:
    """Return the block's deduplication token: the same rows always get the same one.

    The first row's identity keeps apart a topic that was deleted and created again.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for row in rows:
        first.setdefault(row.topic_partition, row.topic_offset)
        last[row.topic_partition] = row.topic_offset
    spans = ",".join(f"{part}:{first[part]}-{last[part]}" for part in sorted(first))
    return f"{table.name} {spans} {rows[0].identity}"
