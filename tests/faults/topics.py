"""Everything that a topic holds now, and where a group goes on reading it."""

from collections.abc import Iterable, Iterator

from confluent_kafka import TopicPartition

from pilotfish.runtime.kafka import consumer, headers
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.topics import Topic


def messages(settings: Settings, topic: Topic) -> Iterator[tuple[int, Message]]:
    """Yield partition and message of this tenant's messages up to the topic's present end."""
    reader = consumer(settings, "test-topics")
    try:
        for number in reader.list_topics(topic.name).topics[topic.name].partitions:
            place = TopicPartition(topic.name, number)
            first, end = reader.get_watermark_offsets(place, timeout=60)
            reader.assign([TopicPartition(topic.name, number, first)])
            for _ in range(first, end):
                record = reader.poll(10)
                assert record is not None and not record.error()
                try:
                    message = decode(topic, record.value(), headers(record))
                except SchemaError:
                    continue
                if getattr(message, "tenant", "") == settings.tenant:
                    yield number, message
    finally:
        reader.close()


def beginnings(topics: Iterable[Topic]) -> list[TopicPartition]:
    """Return the place of each partition's first record, in topics that lose none."""
    return [
        TopicPartition(topic.name, partition, 0)
        for topic in topics
        for partition in range(topic.partitions)
    ]


def ends(settings: Settings, topics: Iterable[Topic]) -> list[TopicPartition]:
    """Return the place of each partition's next record."""
    reader = consumer(settings, "test-topics")
    places = beginnings(topics)
    for place in places:
        place.offset = reader.get_watermark_offsets(place, timeout=60)[1]
    reader.close()
    return places


def place_group(settings: Settings, group: str, places: list[TopicPartition]) -> None:
    """Let a group without members go on reading there."""
    reader = consumer(settings, group)
    reader.commit(offsets=places, asynchronous=False)
    reader.close()
