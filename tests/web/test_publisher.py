"""Kafka's answer is awaited; without one, the caller is told whether to come again."""

import asyncio

import pytest
from faults.topics import messages

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import TraceExport
from pilotfish.web.publisher import (
    QUEUE_BYTES,
    KafkaPublisher,
    Publisher,
    QueueFullError,
)

AWAY = Settings(kafka="127.0.0.1:1")


async def publish(publisher: Publisher, *bodies: bytes, tenant: str = "t") -> None:
    exports = [TraceExport(body=body, tenant=tenant) for body in bodies]
    await publisher.publish(TRACES, "key", exports)


def test_what_was_published_is_in_kafka_in_order(settings: Settings) -> None:
    bodies = [str(number).encode() for number in range(500)]
    with KafkaPublisher(settings) as publisher:
        asyncio.run(publish(publisher, *bodies, tenant=settings.tenant))
        found = [message for _, message in messages(settings, TRACES)]
    assert [message.body for message in found] == bodies  # type: ignore[attr-defined]


def test_a_kafka_that_is_away_is_waited_for_but_not_long() -> None:
    with KafkaPublisher(AWAY) as publisher, pytest.raises(UnavailableError) as error:
        asyncio.run(publish(publisher, b"1"))
    assert not isinstance(error.value, QueueFullError)


def test_a_full_queue_refuses_at_once() -> None:
    block = bytes(TRACES.max_bytes)

    async def fill(publisher: Publisher) -> None:
        await publish(publisher, *[block] * (QUEUE_BYTES // len(block) + 1))

    with KafkaPublisher(AWAY) as publisher, pytest.raises(QueueFullError):
        asyncio.run(fill(publisher))
