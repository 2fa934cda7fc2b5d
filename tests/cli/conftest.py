"""What commands that publish are tested beside."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from faults.records import Record as Received

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import consumer, headers, producer
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker


@pytest.fixture
def ends(settings: Settings) -> Iterator[Any]:
    """What tells how many events there are."""
    reader = consumer(settings, settings.tenant)

    def events() -> int:
        places = [
            TopicPartition(EVENTS.name, part) for part in range(EVENTS.partitions)
        ]
        return sum(int(reader.get_watermark_offsets(place)[1]) for place in places)

    yield events
    reader.close()


@pytest.fixture
def streams(settings: Settings) -> Iterator[None]:
    """A worker that takes all events from now on."""
    reader = consumer(settings, f"streams-{settings.tenant}")
    starts = [
        TopicPartition(
            EVENTS.name,
            part,
            reader.get_watermark_offsets(TopicPartition(EVENTS.name, part))[1],
        )
        for part in range(EVENTS.partitions)
    ]
    reader.assign(starts)
    stop = threading.Event()
    letters = DeadLetters(producer(settings), "streams")
    sink = Sink(ClickHouse(settings), Publisher(producer(settings)), letters)
    worker = Worker(ClickHouse(settings), sink, stop)

    def run() -> None:
        while not stop.is_set():
            records = [
                Received(
                    r.partition() or 0, r.offset() or 0, r.key(), r.value(), headers(r)
                )
                for r in reader.consume(num_messages=100, timeout=0.1)
            ]
            if records:
                worker.process(records)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()
    reader.close()
