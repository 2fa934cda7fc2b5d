"""How far the archive has come: the offsets stored with its rows, not the committed ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import structlog

from pilotfish.runtime.broker import PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import ADVICE_REPLIES, DEAD, EVENTS

_LOG = structlog.get_logger(service="archive")

TABLE_OF: Final[Mapping[str, str]] = {
    EVENTS.name: "events",
    ADVICE_REPLIES.name: "hints",
    DEAD.name: "dead_letters",
}
"""Topic -> the table that the archive writes its messages to."""


def resume_positions(
    clickhouse: ClickHouse, partitions: Sequence[PartitionOffsets]
) -> dict[Place, int]:
    """Return the offset that the archive reads next in each of these partitions.

    Raises:
        UnavailableError: ClickHouse does not answer.
    """
    stored = stored_ends(clickhouse, {partition.topic for partition in partitions})
    return {
        partition.place: _resume(partition, stored.get(partition.place, 0))
        for partition in partitions
    }


def stored_ends(clickhouse: ClickHouse, topics: Iterable[str]) -> dict[Place, int]:
    """Return the offset behind the last one in the archive's tables, by place.

    Raises:
        UnavailableError: ClickHouse does not answer.
    """
    ends: dict[Place, int] = {}
    for topic in topics:
        rows = clickhouse.query(
            f"SELECT topic_partition, max(topic_offset) + 1 FROM {TABLE_OF[topic]} "  # noqa: S608
            "GROUP BY 1"
        )
        ends |= {(topic, int(partition)): int(end) for partition, end in rows}
    return ends


def _resume(partition: PartitionOffsets, stored: int) -> int:
    if stored > partition.high:
        _LOG.error(
            "topic_recreated",
            topic=partition.topic,
            partition=partition.partition,
            stored=stored,
            end=partition.high,
            advice="the table holds offsets that the topic never reached: it was "
            "deleted and created again. The archive reads from the committed offset; "
            "empty the table or start a new database, or rows are lost after the next crash",
        )
    return partition.resume(stored)
