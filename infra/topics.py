"""Creates the topics of the topic table, before anything publishes."""

from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.topics import EVENTS, LABELS, TOPICS, Topic

_TIMEOUT_S = 20.0
_MAX_BYTES = 4 * 1024 * 1024
"""A record of 1 MB that cannot be read lies in a dead letter in base64."""


def create_topics(client: dict[str, Any], replication: int = 1) -> None:
    """Create what is missing; `client` holds librdkafka's connection properties.

    Raises:
        UnavailableError: Kafka does not answer.
        ConfigurationError: events and labels have different numbers of partitions.
    """
    admin = AdminClient(client)
    made = admin.create_topics([_new(topic, replication) for topic in TOPICS])
    for future in made.values():
        try:
            future.result(_TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise UnavailableError(f"Kafka made no topics: {error}") from error
    _require_equal_partitions(admin)


def _new(topic: Topic, replication: int) -> NewTopic:
    config = {"max.message.bytes": str(_MAX_BYTES)}
    if topic.keep == "compacted":
        config["cleanup.policy"] = "compact"
    else:
        config["retention.ms"] = str(int(topic.keep.total_seconds() * 1000))
    return NewTopic(topic.name, topic.partitions, replication, config=config)


def _require_equal_partitions(admin: AdminClient) -> None:
    topics = admin.list_topics(timeout=_TIMEOUT_S).topics
    events, labels = (len(topics[t.name].partitions) for t in (EVENTS, LABELS))
    if events != labels:
        raise ConfigurationError(
            f"{EVENTS.name} has {events} partitions and {LABELS.name} has {labels}: "
            "give both the same number"
        )
