"""Where the archive goes on in each partition: behind what its table holds."""

import structlog
from confluent_kafka import Consumer, TopicPartition

from pilotfish.consumers.batch import TABLE_OF, Batch
from pilotfish.streams.clickhouse import ClickHouse

_LOG = structlog.get_logger(service="archive")

_TIMEOUT_S = 10.0


def positions(
    consumer: Consumer, clickhouse: ClickHouse, partitions: list[TopicPartition]
) -> list[TopicPartition]:
    """Return the partitions, each with the offset to read next.

    Raises:
        KafkaException, UnavailableError: one of the two does not answer.
    """
    if not partitions:
        return []
    stored = _stored(clickhouse, {place.topic for place in partitions})
    return [
        TopicPartition(
            place.topic,
            place.partition,
            _next(consumer, place, stored.get((place.topic, place.partition), 0)),
        )
        for place in consumer.committed(partitions, timeout=_TIMEOUT_S)
    ]


def holds(clickhouse: ClickHouse, batch: Batch) -> bool:
    """Return whether the tables hold records of a batch already, or later ones.

    Raises:
        UnavailableError: ClickHouse does not answer.
    """
    stored = _stored(clickhouse, {table.topic.name for table in batch.rows})
    return any(
        offset < stored.get((table.topic.name, partition), 0)
        for table, rows in batch.rows.items()
        for *_, partition, offset in rows
    )


def _stored(clickhouse: ClickHouse, topics: set[str]) -> dict[tuple[str, int], int]:
    """Return the offset behind the last one in the tables, by topic and partition."""
    ends: dict[tuple[str, int], int] = {}
    for topic in topics:
        table = TABLE_OF[topic].name
        rows = clickhouse.query(
            f"SELECT topic_partition, max(topic_offset) + 1 FROM {table} GROUP BY 1"  # noqa: S608
        )
        ends |= {(topic, int(partition)): int(end) for partition, end in rows}
    return ends


def _next(consumer: Consumer, place: TopicPartition, stored: int) -> int:
    """Return the higher of the stored and the committed offset, if the topic has it."""
    start, end = consumer.get_watermark_offsets(place, timeout=_TIMEOUT_S)
    known = [offset for offset in (stored, place.offset) if offset <= end]
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
    return max(start, *known, 0)
