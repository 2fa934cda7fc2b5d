"""Creates the topics of the topic table, before any process publishes."""

import time
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.topics import COLLECTOR_TOPICS, EVENTS, LABELS, TOPICS, Topic

_TIMEOUT_S = 20.0
_REFUSED = frozenset(
    {
        KafkaError.INVALID_REPLICATION_FACTOR,
        KafkaError.POLICY_VIOLATION,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
_OVERHEAD_BYTES = 64 * 1024
"""Allowance for a record's key, headers and Kafka's own fields."""


def create_topics(client: dict[str, Any], replication: int = 1) -> None:
    """Create the missing topics; `client` holds librdkafka's connection properties.

    Raises:
        UnavailableError: Kafka does not answer within twenty seconds.
        ConfigurationError: there are fewer brokers than `replication`, or events and
            labels have different numbers of partitions.
    """
    admin = AdminClient(client | {"log_level": 0})
    try:
        _create(admin, replication)
        _require_equal_partitions(admin)
    except KafkaException as error:
        raise _mapped(error.args[0]) from error


def _create(admin: AdminClient, replication: int) -> None:
    created = admin.create_topics(
        [_new(topic, replication) for topic in (*TOPICS, *COLLECTOR_TOPICS)],
        request_timeout=_TIMEOUT_S,
    )
    for future in created.values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _mapped(error: KafkaError) -> ConfigurationError | UnavailableError:
    if error.code() in _REFUSED:
        return ConfigurationError(f"Kafka refuses to create topics: {error.str()}")
    return UnavailableError(f"Kafka created no topics: {error.str()}")


def _new(topic: Topic, replication: int) -> NewTopic:
    config = {"max.message.bytes": str(topic.max_bytes + _OVERHEAD_BYTES)}
    if topic.keep == "compacted":
        config["cleanup.policy"] = "compact"
    else:
        config["retention.ms"] = str(int(topic.keep.total_seconds() * 1000))
    return NewTopic(topic.name, topic.partitions, replication, config=config)


def _partitions(admin: AdminClient, topic: Topic) -> int:
    """Return a topic's number of partitions; Kafka lists a new topic after a moment."""
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        listed = admin.list_topics(topic.name, timeout=_TIMEOUT_S).topics[topic.name]
        if listed.error is None and listed.partitions:
            return len(listed.partitions)
        time.sleep(0.05)
    raise UnavailableError(
        f"Kafka created {topic.name}, but does not list it: try again"
    )


def _require_equal_partitions(admin: AdminClient) -> None:
    events, labels = (_partitions(admin, topic) for topic in (EVENTS, LABELS))
    if events != labels:
        raise ConfigurationError(
            f"{EVENTS.name} has {events} partitions and {LABELS.name} has {labels}: "
            "give both the same number"
        )
