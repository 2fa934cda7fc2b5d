"""Kafka clients with the settings that pilotfish's promises need."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka import Message as Record

from pilotfish.runtime.kafka_errors import (
    NO_HANDSHAKE,
    mapped,
    mapped_errors,
    raise_if_rejected,
    refused,
)
from pilotfish.runtime.settings import Settings
from pilotfish.runtime.trace import TraceHeaders
from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import DEAD, TOPICS, Topic

_LOG = logging.getLogger("librdkafka")

FOR_ANY_CLIENT: Final = {"compression.type": "none"}
"""Override for a producer whose messages agents read. Every Kafka client reads what is not
compressed; kafkajs, and kafka-python as it is installed, cannot read LZ4."""

_TRY_S: Final = 0.5


def client_config(settings: Settings) -> dict[str, Any]:
    """Return librdkafka's connection properties."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka,
        "security.protocol": settings.kafka_security,
    }
    if settings.kafka_security.startswith("SASL"):
        config["sasl.mechanism"] = settings.kafka_sasl_mechanism
        config["sasl.username"] = settings.kafka_username
        config["sasl.password"] = settings.kafka_password.get_secret_value()
    if settings.kafka_ca:
        config["ssl.ca.location"] = str(settings.kafka_ca)
    return config


def producer(settings: Settings, **overrides: Any) -> Producer:
    """Open an idempotent producer: the broker drops the doubles of its own retries."""
    defaults = {
        "enable.idempotence": True,
        "compression.type": "lz4",
        "linger.ms": 5,
        "partitioner": "murmur2_random",
        "message.max.bytes": DEAD.max_bytes,
        "logger": _LOG,
    }
    return Producer(client_config(settings) | defaults | overrides)


def consumer(settings: Settings, group: str, **overrides: Any) -> Consumer:
    """Open a consumer that commits nothing by itself and starts at the beginning.

    Once Kafka no longer accepts its password, polling raises ConfigurationError.
    """
    defaults = {
        "group.id": group,
        "error_cb": raise_if_rejected,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "partition.assignment.strategy": "cooperative-sticky",
        # A killed member's partitions wait this long for another.
        "session.timeout.ms": 10_000,
        "logger": _LOG,
    }
    return Consumer(client_config(settings) | defaults | overrides)


Rebalanced = Callable[[Consumer, list[TopicPartition]], None]


def subscribe(
    to: Consumer, topics: Sequence[Topic], assigned: Rebalanced, revoked: Rebalanced
) -> None:
    """Join the consumer's group; the callbacks get the partitions that come and go.

    Once the group has expelled the consumer, `revoked` is called and polling raises
    UnavailableError: join with a new consumer. An expelled one was seen not to find its
    coordinator again where Kafka had been frozen for longer than the session.

    A KafkaException of a callback leaves the poll as one of pilotfish's errors: through
    the client's C code it would come out as what no `except` takes.
    """

    def lost(consumer: Consumer, partitions: list[TopicPartition]) -> None:
        revoked(consumer, partitions)
        raise UnavailableError("the consumer group waited too long and let others work")

    to.subscribe(
        [topic.name for topic in topics],
        on_assign=_mapped(assigned),
        on_revoke=_mapped(revoked),
        on_lost=_mapped(lost),
    )


def _mapped(callback: Rebalanced) -> Rebalanced:
    def mapped_callback(consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with mapped_errors("rebalancing"):
            callback(consumer, partitions)

    return mapped_callback


def publish(
    to: Producer,
    topic: Topic,
    key: str,
    message: Message,
    trace: TraceHeaders | None = None,
    **options: Any,
) -> None:
    """Queue one message; `options` go to `Producer.produce`."""
    to.produce(
        topic.name,
        key=key,
        value=encode(message),
        headers=headers_of(message) + (trace or []),
        **options,
    )


def missing_topics(settings: Settings, timeout_s: float = 5.0) -> list[str]:
    """Return the names of pilotfish's topics that this Kafka lacks.

    Raises:
        ConfigurationError, UnavailableError: as `mapped_errors`.
    """
    existing = topics(settings, timeout_s)
    return [topic.name for topic in TOPICS if topic.name not in existing]


def topics(settings: Settings, timeout_s: float = 5.0) -> dict[str, Any]:
    """Return the topics that this user of Kafka may see, by name.

    An admin client waits in vain for a Kafka that refuses it; here that shows at once.

    Raises:
        ConfigurationError: Kafka refuses this user, or TLS fails.
        UnavailableError: Kafka does not answer in time.
    """
    reported: list[KafkaError] = []
    client = producer(settings, error_cb=reported.append)
    what = f"asking {settings.kafka} for its topics"
    deadline = time.monotonic() + timeout_s
    while True:
        left = max(0.0, deadline - time.monotonic())
        try:
            existing: dict[str, Any] = client.list_topics(
                timeout=min(left, _TRY_S)
            ).topics
        except KafkaException as error:
            client.poll(0)  # calls back with the reason why it could not connect
            for reason in reported:
                if reason.code() in NO_HANDSHAKE:
                    raise refused(what, reason.str()) from error
            if left <= _TRY_S:
                raise mapped(what, error.args[0]) from error
        else:
            return existing


def headers(record: Record) -> list[tuple[str, bytes | str | None]]:
    """Return a record's headers as `codec.decode` takes them."""
    named = record.headers() or []
    return list(named.items()) if isinstance(named, dict) else named
