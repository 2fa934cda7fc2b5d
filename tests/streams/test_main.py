"""The worker as a process: events in, labels out, and a quick stop."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from faults.processes import Service
from faults.replay import replay
from support.polling import eventually

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import consumer, producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.app import GROUP

LABELLED = "SELECT countIf(version > 0) FROM attempts_current WHERE tenant = {t:String}"


def start_at_the_end(settings: Settings) -> None:
    """Let the group start after everything that other tests published."""
    reader = consumer(settings, GROUP)
    places = [TopicPartition(EVENTS.name, part) for part in range(EVENTS.partitions)]
    for place in places:
        place.offset = reader.get_watermark_offsets(place)[1]
    reader.commit(offsets=places, asynchronous=False)
    reader.close()


@pytest.mark.slow
def test_events_become_labels_and_idle_attempts_end(
    settings: Settings, tmp_path: Path
) -> None:
    start_at_the_end(settings)
    events = replay(settings, 20)
    open_attempt = events[0].model_copy(
        update={"event_id": "open-event", "attempt_id": "open-" + settings.tenant}
    )
    publisher = producer(settings)
    publish(publisher, EVENTS, open_attempt.attempt_id, open_attempt)
    publisher.flush()
    service = Service("streams", settings.model_copy(update={"idle_s": 2.0}), tmp_path)
    service.start()
    try:
        clickhouse = ClickHouse(settings)
        eventually(lambda: clickhouse.query(LABELLED, {"t": settings.tenant}), [(21,)])
        assert service.stop() == 0
    finally:
        service.end()
    abandoned = clickhouse.query(
        "SELECT abstained FROM attempts_current WHERE attempt_id = {a:String}",
        {"a": open_attempt.attempt_id},
    )
    assert abandoned == [("abandoned",)]
    assert b'"event": "stopped"' in service.log.read_bytes()


@pytest.mark.slow
def test_a_worker_waits_for_kafka_and_stops_while_it_waits(
    settings: Settings, tmp_path: Path
) -> None:
    unreachable = settings.model_copy(update={"kafka": "127.0.0.1:1"})
    service = Service("streams", unreachable, tmp_path)
    service.start()
    try:
        eventually(lambda: service.log.read_bytes().count(b'"waiting"') >= 2)
        assert service.log.read_bytes().count(b'"started"') == 1
        assert service.stop() == 0
    finally:
        service.end()


def test_a_wrong_setting_ends_the_process_with_one_log_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pilotfish.streams"],
        env={**os.environ, "PILOTFISH_HOLDOUT": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "ConfigurationError" in done.stderr


@pytest.mark.slow
def test_a_worker_stops_while_clickhouse_is_unreachable(
    settings: Settings, tmp_path: Path
) -> None:
    replay(settings, 5)
    unreachable = settings.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    service = Service("streams", unreachable, tmp_path)
    service.start()
    try:
        eventually(lambda: b'"batch_waits"' in service.log.read_bytes())
        assert service.stop() == 0
    finally:
        service.end()
