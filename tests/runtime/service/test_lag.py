"""How far behind, on a real Kafka, of topics that nobody else writes to."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from support.polling import eventually

from pilotfish.runtime.kafka import client_config, consumer, producer
from pilotfish.runtime.service.lag import Lag
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError


@pytest.fixture
def topic(settings: Settings) -> Iterator[str]:
    """A topic of two partitions with ten records in the first."""
    name = f"lag-{settings.tenant}"
    admin = AdminClient(client_config(settings))
    admin.create_topics([NewTopic(name, 2)])[name].result(60)
    to = producer(settings)
    for _ in range(10):
        to.produce(name, b"x", partition=0)
    assert to.flush(60) == 0
    yield name
    admin.delete_topics([name])[name].result(60)


def comes_to(
    lag: Lag,
    positions: dict[tuple[str, int], int | None],
    behind: dict[tuple[str, int], int],
) -> None:
    """Ask until there is an answer: a busy Kafka may need more than two seconds."""

    def answer() -> object:
        with suppress(UnavailableError):
            return lag.of(positions)
        return None

    eventually(answer, behind)


def test_it_is_what_lies_behind_the_position(settings: Settings, topic: str) -> None:
    lag = Lag(settings, "group")
    comes_to(lag, {(topic, 0): 3, (topic, 1): 0}, {(topic, 0): 7, (topic, 1): 0})
    comes_to(lag, {(topic, 0): 12}, {(topic, 0): 0})
    assert lag.of({}) == {}


def test_an_unknown_position_is_what_the_group_committed(
    settings: Settings, topic: str
) -> None:
    group = f"group-{settings.tenant}"
    lag = Lag(settings, group)
    unknown: dict[tuple[str, int], int | None] = {(topic, 0): None, (topic, 1): None}
    comes_to(lag, unknown, {(topic, 0): 10, (topic, 1): 0})
    reader = consumer(settings, group)
    reader.commit(offsets=[TopicPartition(topic, 0, 4)], asynchronous=False)
    comes_to(lag, unknown, {(topic, 0): 6, (topic, 1): 0})
    reader.close()


def test_what_kafka_has_deleted_is_not_behind(settings: Settings, topic: str) -> None:
    group = f"group-{settings.tenant}"
    reader = consumer(settings, group)
    reader.commit(offsets=[TopicPartition(topic, 0, 4)], asynchronous=False)
    reader.close()
    all_gone = TopicPartition(topic, 0, 10)
    admin = AdminClient(client_config(settings))
    admin.delete_records([all_gone])[all_gone].result(60)
    comes_to(Lag(settings, group), {(topic, 0): None}, {(topic, 0): 0})


def test_a_kafka_that_is_away_is_unavailable() -> None:
    lag = Lag(Settings(kafka="127.0.0.1:1"), "group")
    with pytest.raises(UnavailableError, match="how far topics go"):
        lag.of({("events", 0): 1})
