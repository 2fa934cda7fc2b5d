"""Readiness on real servers."""

from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from pilotfish.runtime.kafka import client_config, producer
from pilotfish.runtime.service.health import READY_LAG, Health
from pilotfish.runtime.settings import Settings


@pytest.fixture
def topic(settings: Settings) -> str:
    """A topic with one record more than a ready service may be behind."""
    name = f"health-{uuid4()}"
    admin = AdminClient(client_config(settings))
    admin.create_topics([NewTopic(name, 2)])[name].result(60)
    to = producer(settings)
    for number in range(READY_LAG + 1):
        to.produce(name, b"x", partition=number % 2)
    assert to.flush(60) == 0
    return name


def test_it_is_ready_when_all_partitions_together_are_near_the_end(
    settings: Settings, topic: str
) -> None:
    health = Health(settings, "group", asks_clickhouse=True)
    health.status.gained({(topic, partition): 0 for partition in range(2)})
    [why] = health.not_ready()
    assert why == f"{READY_LAG + 1} records behind in {topic}, ready up to {READY_LAG}"
    health.status.reached({(topic, 1): 1})
    assert health.not_ready() == []


def test_only_who_needs_clickhouse_waits_for_it(settings: Settings) -> None:
    away = settings.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    for asks in (True, False):
        health = Health(away, "group", asks_clickhouse=asks)
        health.status.gained({})
        assert bool(health.not_ready()) is asks
