"""What one poll of the archive brought: rows by table, and what could not be read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import Message as Record

from pilotfish.consumers.archive.rows import TABLES, Row, Table
from pilotfish.runtime.kafka import headers
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.keys import AttemptKey, Place

TABLE_OF: Final = {table.topic.name: table for table in TABLES}


@dataclass(slots=True)
class Batch:
    """Rows by table, unreadable records with the reason, and where the batch ends."""

    rows: dict[Table, list[Row]] = field(default_factory=dict)
    unreadable: list[tuple[Record, str]] = field(default_factory=list)
    next_offsets: dict[Place, int] = field(default_factory=dict)
    size_bytes: int = 0
    records: int = 0

    def add(self, record: Record) -> None:
        """Decode one record; records of a partition come in the order of offsets."""
        table, value = TABLE_OF[record.topic() or ""], record.value()
        partition, offset = record.partition() or 0, record.offset() or 0
        self.records += 1
        self.size_bytes += len(value or b"")
        self.next_offsets[table.topic.name, partition] = offset + 1
        try:
            message = decode(table.topic, value, headers(record))
        except SchemaError as error:
            self.unreadable.append((record, str(error)))
            return
        # Orders to forget are for streams: a row would tell of what was forgotten.
        if not isinstance(message, (AttemptForgotten, TenantForgotten)):
            row = table.row(message, partition, offset)
            self.rows.setdefault(table, []).append(row)

    def attempts(self) -> Iterator[AttemptKey]:
        """Yield for each row the attempts that it may be about."""
        for table, rows in self.rows.items():
            for row in rows:
                yield from table.about(row)

    def drop(self, forgotten: set[AttemptKey]) -> None:
        """Throw away the rows of these attempts."""
        kept = {
            table: [row for row in rows if forgotten.isdisjoint(table.about(row))]
            for table, rows in self.rows.items()
        }
        self.rows = {table: rows for table, rows in kept.items() if rows}


def read(records: Iterable[Record]) -> Batch:
    """Return the records as a batch."""
    batch = Batch()
    for record in records:
        batch.add(record)
    return batch


def token(table: Table, rows: list[Row]) -> str:
    """Return what names this block: the same rows in another attempt, the same token.

    The first row's identity keeps apart a topic that was deleted and created again.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for row in rows:
        first.setdefault(row.topic_partition, row.topic_offset)
        last[row.topic_partition] = row.topic_offset
    spans = ",".join(f"{part}:{first[part]}-{last[part]}" for part in sorted(first))
    return f"{table.name} {spans} {rows[0].identity}"
