"""The topics of the Kafka that tests share."""

from typing import Final

from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient

from pilotfish.schemas.topics import COLLECTOR_TOPICS, TOPICS

_PLACES: Final = [
    (topic.name, partition)
    for topic in (*TOPICS, *COLLECTOR_TOPICS)
    if topic.keep != "compacted"
    for partition in range(topic.partitions)
]


def delete_records(admin: AdminClient) -> None:
    """Delete what is in all topics, except for those that are compacted."""
    ends = [TopicPartition(name, partition, OFFSET_END) for name, partition in _PLACES]
    for deleted in admin.delete_records(ends, request_timeout=60).values():
        deleted.result()
