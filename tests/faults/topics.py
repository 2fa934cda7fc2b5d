"""Everything that a topic holds now, and where a group goes on reading it."""

from collections.abc import Iterable, Iterator

from confluent_kafka import TopicPartition

from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.settings import Settings
from pilotfish.schemas.topics import Topic
from pilotfish.streams.kafka import consumer, headers


def messages(settings: Settings, topic: Topic) -> Iterator[tuple[int, Message]]:
    """Yield partition and message of this tenant's messages up to the topic's present end."""
    reader = consumer(settings, "test-topics")
    try:
        for number in reader.list_topics(topic.name).topics[topic.name].partitions:
            place = TopicPartition(topic.name, number)
            first, end = reader.get_watermark_offsets(place, timeout=10)
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


def place_group(
    settings: Settings, group: str, topics: Iterable[Topic], end: int = 0
) -> None:
    """Let a group without members begin at the beginnings (0) or ends (1) of topics."""
    reader = consumer(settings, group)
    places = []
    for topic in topics:
        for partition in range(topic.partitions):
            place = TopicPartition(topic.name, partition)
            place.offset = reader.get_watermark_offsets(place, timeout=10)[end]
            places.append(place)
    reader.commit(offsets=places, asynchronous=False)
    reader.close()
