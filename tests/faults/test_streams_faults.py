"""Stream processors killed, stopped, paused and cut off: each attempt labelled once."""

import os
import signal
from typing import Any

import pytest
from faults.processes import Platform, Service, eventually, logs
from faults.replay import replay
from faults.topics import messages
from faults.truth import windows_differ

from pilotfish.schemas.events import AttemptStarted, Event
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.settings import Settings
from pilotfish.schemas.topics import EVENTS, LABELS
from pilotfish.streams.clickhouse import ClickHouse
from pilotfish.streams.kafka import producer, publish

pytestmark = pytest.mark.slow

COUNTS = """
SELECT count(), countIf(version > 0), sum(length(seen_events)) FROM attempts FINAL
WHERE tenant = {tenant:String}
"""


def counted(clickhouse: ClickHouse, tenant: str) -> tuple[int, int, int]:
    """Return attempts, labelled attempts, and events counted in them."""
    [(attempts, labelled, events)] = clickhouse.query(COUNTS, {"tenant": tenant})
    return int(attempts), int(labelled), int(events)


def everything(published: list[Event]) -> tuple[int, int, int]:
    attempts = len({event.attempt_id for event in published})
    return attempts, attempts, len({event.event_id for event in published})


def newest_labels(settings: Settings) -> dict[str, AttemptLabelled]:
    """Read `pilotfish.labels` to its end; return the newest version of each attempt."""
    newest: dict[str, AttemptLabelled] = {}
    for partition, label in messages(settings, LABELS):
        assert isinstance(label, AttemptLabelled) and label.partition == partition
        before = newest.setdefault(label.attempt_id, label)
        assert label.first_offset == before.first_offset
        if label.version > before.version:
            newest[label.attempt_id] = label
    return newest


def assert_true(
    platform: Platform, clickhouse: ClickHouse, events: list[Event]
) -> None:
    """Windows equal the batch query, and the topic's labels those in ClickHouse."""
    tenant = platform.settings.tenant
    assert windows_differ(clickhouse, tenant) == []
    rows = clickhouse.query(
        "SELECT attempt_id, version, p_success FROM attempts_current"
        " WHERE tenant = {tenant:String}",
        {"tenant": tenant},
    )
    stored = {row[0]: (row[1], row[2]) for row in rows}
    told = {
        i: (m.version, m.p_success) for i, m in newest_labels(platform.settings).items()
    }
    assert told == stored
    assert len(told) == len({event.attempt_id for event in events})


def labelled(
    platform: Platform,
    clickhouse: ClickHouse,
    events: list[Event],
    services: list[Service],
    within_s: float = 60,
) -> None:
    tenant = platform.settings.tenant
    try:
        eventually(lambda: counted(clickhouse, tenant), everything(events), within_s)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{logs(services)}") from error


def works(service: Service) -> bool:
    return b'"assigned"' in service.log.read_bytes()


def test_killed_again_and_again_it_counts_each_event_once(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    with platform.services("streams") as services:
        streams = services["streams"]

        def kill_and_restart(second: int) -> None:
            if second % 4 == 0:
                streams.kill()
                streams.start()

        events = replay(platform.settings, 2400, 1200, kill_and_restart)
        labelled(platform, clickhouse, events, [streams])
        assert streams.stop() == 0
    assert_true(platform, clickhouse, events)


def windows(clickhouse: ClickHouse, tenant: str) -> list[tuple[Any, ...]]:
    sql = "SELECT * FROM window_counts WHERE tenant = {tenant:String} ORDER BY ALL"
    return clickhouse.query(sql, {"tenant": tenant})


def test_late_and_doubled_events_change_nothing_twice(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    tenant = platform.settings.tenant
    with platform.services("streams") as services:
        events = replay(platform.settings, 300)
        labelled(platform, clickhouse, events, [services["streams"]])
        before = windows(clickhouse, tenant)
        to = producer(platform.settings)
        for event in events:  # all of it again: starts and ends are doubled and late
            publish(to, EVENTS, event.attempt_id, event)
        late = [e for e in events if isinstance(e, AttemptStarted)][:20]
        for event in late:
            again = event.model_copy(update={"event_id": event.event_id + "-again"})
            publish(to, EVENTS, event.attempt_id, again)
        assert to.flush(30) == 0
        attempts, _, count = everything(events)
        seen = attempts, attempts, count + len(late)
        eventually(lambda: counted(clickhouse, tenant), seen, 60)
        assert windows(clickhouse, tenant) == before
    assert_true(platform, clickhouse, events)


def test_two_workers_share_the_work_and_one_takes_over(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    with platform.services("streams") as one, platform.services("streams") as two:
        eventually(lambda: works(one["streams"]), True)

        def come_and_go(second: int) -> None:
            if second == 4:
                assert one["streams"].stop() == 0
            elif second == 8:
                one["streams"].start()
            elif second == 12:
                two["streams"].kill()

        events = replay(platform.settings, 1800, 1200, come_and_go)
        labelled(platform, clickhouse, events, [one["streams"], two["streams"]])
    assert_true(platform, clickhouse, events)


def test_a_worker_that_slept_through_a_rebalance_spoils_nothing(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    with platform.services("streams") as one, platform.services("streams") as two:
        eventually(lambda: works(one["streams"]), True)

        def sleep_and_wake(second: int) -> None:
            if second == 5:
                os.kill(one["streams"].pid, signal.SIGSTOP)
            elif second == 18:  # longer than its session
                os.kill(one["streams"].pid, signal.SIGCONT)

        events = replay(platform.settings, 2000, 1000, sleep_and_wake)
        labelled(platform, clickhouse, events, [one["streams"], two["streams"]])
    assert_true(platform, clickhouse, events)


def test_it_waits_while_clickhouse_is_stopped_and_killed(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    with platform.services("streams") as services:
        events = replay(platform.settings, 100)
        labelled(platform, clickhouse, events, [services["streams"]])
        with platform.clickhouse_stopped():
            events += replay(platform.settings, 200, 250)
        platform.clickhouse.kill()
        events += replay(platform.settings, 100, 250)
        platform.clickhouse.start()
        labelled(platform, clickhouse, events, [services["streams"]])
        assert services["streams"].log.read_bytes().count(b'"started"') == 1
    assert_true(platform, clickhouse, events)


def test_it_waits_while_kafka_is_killed_and_started(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    with platform.services("streams") as services:
        events = replay(platform.settings, 100)
        labelled(platform, clickhouse, events, [services["streams"]])
        platform.kafka.kill()
        platform.kafka.start()
        events += replay(platform.settings, 100)
        labelled(platform, clickhouse, events, [services["streams"]])
        assert services["streams"].alive()
    assert_true(platform, clickhouse, events)
