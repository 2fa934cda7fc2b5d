"""Publishes dead letters again: each once, in the order in which they were set aside."""

from base64 import b64decode
from datetime import datetime
from typing import Any, Final

from confluent_kafka import Producer

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.dead import REPLAY_OF, Origin
from pilotfish.schemas.errors import UnavailableError

_ANSWER_S: Final = 30.0
_COLUMNS: Final[tuple[str, ...]] = (
    "tenant",
    "at",
    "service",
    "reason",
    "topic",
    "source_partition",
    "source_offset",
    "headers",
    "topic_partition",
    "topic_offset",
    "inserted_at",
    "key",
    "value",
)
_WAITING: Final = """
FROM dead_letters FINAL
WHERE replayed_at IS NULL AND at >= {since:DateTime64(6, 'UTC')}
    AND inserted_at <= {until:DateTime64(3, 'UTC')}
"""
_COUNT: Final = f"SELECT count() {_WAITING}"
# In base64, because unreadable messages may be any bytes.
_RAW: Final = f"""
SELECT {", ".join(_COLUMNS[:-2])}, base64Encode(key), base64Encode(value) {_WAITING}
ORDER BY at, topic, source_partition, source_offset LIMIT {{most:UInt32}}
"""


class DeadLetterReplay:
    """The dead letters that wait at the moment; those that fail meanwhile are left out.

    Args:
        clickhouse: where they are.
        producer: to Kafka.
        since: only those that were set aside since then.
    """

    def __init__(
        self, clickhouse: ClickHouse, producer: Producer, since: datetime
    ) -> None:
        self._clickhouse = clickhouse
        self._producer = producer
        # By ClickHouse's clock, which also says when a letter came.
        [(until,)] = clickhouse.query("SELECT now64(3)")
        self._span = {"since": since, "until": until}

    def waiting(self) -> int:
        """Return how many are left."""
        [(count,)] = self._clickhouse.query(_COUNT, self._span)
        return int(count)

    def publish(self, most: int) -> int:
        """Publish the next ones, and then mark them; return how many.

        Raises:
            UnavailableError: Kafka did not take all; none of these is marked.
        """
        letters = self._clickhouse.query(_RAW, {**self._span, "most": most})
        rows: list[dict[str, Any]] = [
            dict(zip(_COLUMNS, (*row[:-2], *map(b64decode, row[-2:])), strict=True))
            for row in letters
        ]
        for row in rows:
            self._send(row)
        unsent = self._producer.flush(_ANSWER_S)
        if unsent:
            raise UnavailableError(
                f"Kafka did not accept {unsent} of {len(rows)} messages: run the command "
                "again once it answers"
            )
        self._mark(rows)
        return len(rows)

    def _send(self, row: dict[str, Any]) -> None:
        origin = Origin(row["topic"], row["source_partition"], row["source_offset"])
        self._producer.produce(
            row["topic"],
            key=row["key"] or None,
            value=row["value"],
            headers=[*row["headers"].items(), (REPLAY_OF, str(origin))],
        )
        self._producer.poll(0)

    def _mark(self, rows: list[dict[str, Any]]) -> None:
        """Replace the rows by marked ones, which a letter that failed again replaces."""
        if rows:
            now = utc_now()
            marked = [[*row.values(), now] for row in rows]
            self._clickhouse.insert("dead_letters", (*_COLUMNS, "replayed_at"), marked)
