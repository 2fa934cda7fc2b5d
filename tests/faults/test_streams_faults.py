"""Late and doubled events: each attempt labelled once, each window counted once."""

from typing import Any

import pytest
from faults.processes import Platform, Service, logs
from faults.replay import replay
from faults.topics import messages
from faults.truth import windows_differ
from support.polling import eventually

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import AttemptStarted, Event
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import EVENTS, LABELS

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
) -> None:
    tenant = platform.settings.tenant
    try:
        eventually(lambda: counted(clickhouse, tenant), everything(events))
    except AssertionError as error:
        raise AssertionError(f"{error}\n{logs(services)}") from error


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
        assert to.flush(60) == 0
        attempts, _, count = everything(events)
        seen = attempts, attempts, count + len(late)
        eventually(lambda: counted(clickhouse, tenant), seen)
        assert windows(clickhouse, tenant) == before
    assert_true(platform, clickhouse, events)
