"""How far the archive has come: the offsets stored with its rows, not the committed ones."""

from collections.abc import Iterable, Mapping
from typing import Final

import structlog
from confluent_kafka import Consumer, TopicPartition

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

_TIMEOUT_S: Final = 10.0


def resume_positions(
    consumer: Consumer, clickhouse: ClickHouse, partitions: list[TopicPartition]
) -> list[TopicPartition]:
    """Return the partitions, each with the offset that the archive reads next.

    Raises:
        KafkaException, UnavailableError: one of the two does not answer.
    """
    if not partitions:
        return []
    stored = stored_ends(clickhouse, {place.topic for place in partitions})
    return [
        TopicPartition(
            place.topic,
            place.partition,
            _next(consumer, place, stored.get((place.topic, place.partition), 0)),
        )
        for place in consumer.committed(partitions, timeout=_TIMEOUT_S)
    ]


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


def _next(consumer: Consumer, place: TopicPartition, stored: int) -> int:
    """Return the higher of the stored and the committed offset, if the topic has it."""
    start, end = consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
    possible = [offset for offset in (stored, place.offset) if offset <= end]
    if stored > end:
        _LOG.error(
            "topic_recreated",
            topic=place.topic,
            partition=place.partition,
            stored=stored,
            end=end,
            advice="the table holds offsets that the topic never reached: it was "
            "deleted and made again. Read from what is committed; empty the table or "
            "start a new database, or rows are missed after the next crash",
        )
    return max(start, *possible, 0)
