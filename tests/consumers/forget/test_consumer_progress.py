"""A group at its ends, in a topic of the test's own."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from support.polling import eventually

from pilotfish.consumers.forget.consumer_progress import ConsumerProgress
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config, consumer, producer
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id

WITHIN_S = 60.0


@pytest.fixture
def topic(settings: Settings) -> str:
    name = f"test-progress-{new_id()}"
    admin = AdminClient(client_config(settings))
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(WITHIN_S)
    return name


@pytest.fixture
def member(settings: Settings, topic: str) -> Iterator[Consumer]:
    """A member of the topic's group that has its partitions, and commits nothing."""
    reader = consumer(settings, topic)
    reader.subscribe([topic])
    eventually(lambda: reader.poll(0.1) is None and len(reader.assignment()) == 2)
    yield reader
    reader.close()


def progress(settings: Settings, topic: str) -> ConsumerProgress:
    return ConsumerProgress(settings, ClickHouse(settings), topic, [topic])


@pytest.mark.usefixtures("member")
def test_a_group_that_never_committed_is_at_the_end_of_empty_partitions(
    settings: Settings, topic: str
) -> None:
    with progress(settings, topic) as group:
        assert group.members() == 1
        assert group.now()


def test_a_group_is_at_its_ends_once_it_has_committed_them(
    settings: Settings, topic: str, member: Consumer
) -> None:
    to = producer(settings)
    to.produce(topic, b"value", partition=1)
    assert to.flush(WITHIN_S) == 0
    with progress(settings, topic) as group:
        assert not group.now()
        record = member.poll(WITHIN_S)
        assert record is not None
        member.commit(message=record, asynchronous=False)
        assert group.now()


def test_a_group_without_members_holds_nobody_up(
    settings: Settings, topic: str
) -> None:
    with progress(settings, topic) as group:
        assert group.members() == 0
        assert group.now()
