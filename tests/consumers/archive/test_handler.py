"""The archive in this process, on real servers; tests/faults kills it in others."""

import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from faults.topics import beginnings, place_group
from support.beside import beside
from support.polling import eventually

from pilotfish.consumers.archive import handler as archive
from pilotfish.consumers.archive.handler import GROUP, run
from pilotfish.consumers.archive.writer import ArchiveWriter
from pilotfish.runtime.archived_offsets import resume_positions
from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import LIMIT
from pilotfish.runtime.kafka import consumer, producer, publish
from pilotfish.runtime.service.background import in_background
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import Candidate, HintGiven
from pilotfish.schemas.errors import DeadLetterLimitError, UnavailableError
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    StepRecorded,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import ADVICE_REPLIES, DEAD, EVENTS

COUNT = "SELECT count(), uniqExact(event_id) FROM events WHERE tenant = {tenant:String}"


archiving = partial(beside, run)


def events(tenant: str, attempts: int) -> list[Event]:
    made: list[Event] = []
    for _ in range(attempts):
        common: Any = {"tenant": tenant, "attempt_id": new_id()}
        made.append(AttemptStarted(**common, problem="why?"))
        made.append(StepRecorded(**common, kind="thought", name="think"))
        made.append(AttemptEnded(**common, status="succeeded"))
    return made


def send(settings: Settings, made: list[Event]) -> None:
    to = producer(settings)
    for event in made:
        publish(to, EVENTS, event.attempt_id, event)
    assert to.flush(20) == 0


def send_raw(settings: Settings, topic: str, *values: bytes, key: str = "k") -> None:
    headers: Any = [("schema", b"StepRecorded"), ("version", b"1")]
    to = producer(settings)
    for value in values:
        to.produce(topic, key=key, value=value, headers=headers)
    assert to.flush(20) == 0


def archived(settings: Settings) -> tuple[int, int]:
    rows = ClickHouse(settings).query(COUNT, {"tenant": settings.tenant})
    return rows[0][0], rows[0][1]


def committed(settings: Settings) -> dict[int, int]:
    reader = consumer(settings, GROUP)
    places = [TopicPartition(EVENTS.name, part) for part in range(EVENTS.partitions)]
    found = {p.partition: p.offset for p in reader.committed(places, timeout=10)}
    reader.close()
    return found


def forget_commits(settings: Settings) -> None:
    place_group(settings, GROUP, beginnings([EVENTS]))


def test_each_event_is_archived_once_across_restarts(settings: Settings) -> None:
    for so_far in (300, 600, 900):
        send(settings, events(settings.tenant, 100))
        with archiving(settings):
            eventually(lambda: archived(settings), (so_far, so_far))


def test_a_row_says_where_its_event_lies(settings: Settings) -> None:
    [started, *_] = made = events(settings.tenant, 1)
    send(settings, made)
    with archiving(settings):
        eventually(lambda: archived(settings), (3, 3))
    rows = ClickHouse(settings).query(
        "SELECT event_id, topic_partition, topic_offset, at FROM events"
        " WHERE tenant = {tenant:String} ORDER BY topic_offset",
        {"tenant": settings.tenant},
    )
    assert [row[0] for row in rows] == [event.event_id for event in made]
    assert len({row[1] for row in rows}) == 1
    assert rows[0][3] == started.at


def test_what_is_in_the_table_is_what_is_committed(settings: Settings) -> None:
    send(settings, events(settings.tenant, 50))
    with archiving(settings):
        eventually(lambda: archived(settings), (150, 150))
    stored = ClickHouse(settings).query(
        "SELECT topic_partition, max(topic_offset) + 1 FROM events GROUP BY 1"
    )
    ends = committed(settings)
    assert all(ends[partition] >= end for partition, end in stored)


def test_with_the_commits_lost_nothing_is_archived_twice(settings: Settings) -> None:
    send(settings, events(settings.tenant, 100))
    with archiving(settings):
        eventually(lambda: archived(settings), (300, 300))
    forget_commits(settings)
    send(settings, events(settings.tenant, 1))
    with archiving(settings):
        eventually(lambda: archived(settings), (303, 303))


def test_a_late_batch_that_another_archived_is_left_to_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(settings, events(settings.tenant, 100))
    with archiving(settings):
        eventually(lambda: archived(settings), (300, 300))

    def asleep(_: object, partitions: Sequence[PartitionOffsets]) -> Ends:
        monkeypatch.setattr(archive, "resume_positions", resume_positions)
        return {partition.place: 0 for partition in partitions}

    monkeypatch.setattr(archive, "resume_positions", asleep)
    late = partial(ArchiveWriter, late_s=-1.0)
    monkeypatch.setattr(archive, "ArchiveWriter", late)
    send(settings, events(settings.tenant, 1))
    with archiving(settings):
        eventually(lambda: archived(settings), (303, 303))


def test_what_is_unreadable_is_set_aside_and_the_rest_goes_on(
    settings: Settings,
) -> None:
    tenant = settings.tenant
    bad = b'{"tenant": "%s", "attempt_id": "a", "kind": "\xc3\xa9"}' % tenant.encode()
    first, second = events(tenant, 1), events(tenant, 1)
    send(settings, first)
    send_raw(settings, EVENTS.name, bad, b"\x00\xff no tenant", key=tenant)
    send(settings, second)
    with archiving(settings):
        eventually(lambda: archived(settings), (6, 6))
        eventually(lambda: len(letters(settings)), 1)
    [(service, topic, key, value, reason, headers)] = letters(settings)
    assert (service, topic, key) == ("archive", EVENTS.name, tenant)
    assert value.encode() == bad
    assert reason.startswith("StepRecorded.")
    assert headers["schema"] == "StepRecorded"


def letters(settings: Settings) -> list[tuple[Any, ...]]:
    return ClickHouse(settings).query(
        "SELECT service, topic, key, value, reason, headers FROM dead_letters FINAL"
        " WHERE tenant = {tenant:String}",
        {"tenant": settings.tenant},
    )


def test_a_letter_that_is_unreadable_itself_goes_round_in_no_circle(
    settings: Settings,
) -> None:
    send_raw(settings, DEAD.name, b"no letter")
    send(settings, events(settings.tenant, 1))
    with archiving(settings):
        eventually(lambda: archived(settings), (3, 3))
    before = end_of(settings, DEAD.name)
    with archiving(settings):
        send(settings, events(settings.tenant, 1))
        eventually(lambda: archived(settings), (6, 6))
    assert end_of(settings, DEAD.name) == before


def end_of(settings: Settings, topic: str) -> int:
    reader = consumer(settings, "test-end-of")
    _, end = reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
    reader.close()
    return int(end)


def test_hints_are_archived_with_their_candidates(settings: Settings) -> None:
    hint = HintGiven(
        request_id=new_id(),
        tenant=settings.tenant,
        client_id="c",
        approach="plan",
        text="Plan first.",
        confidence=0.75,
        candidates=(Candidate(approach="plan", p_success=0.75, propensity=1),),
    )
    to = producer(settings)
    publish(to, ADVICE_REPLIES, "c", hint)
    assert to.flush(20) == 0
    asked = (
        "SELECT request_id, approach, text, confidence, candidates FROM hints"
        " WHERE tenant = {tenant:String}"
    )
    tenant = {"tenant": settings.tenant}
    with archiving(settings):
        eventually(lambda: len(ClickHouse(settings).query(asked, tenant)), 1)
    [row] = ClickHouse(settings).query(asked, tenant)
    assert row[:4] == (hint.request_id, "plan", "Plan first.", 0.75)
    assert row[4] == [{"approach": "plan", "p_success": 0.75, "propensity": 1.0}]


def test_large_events_arrive_whole(settings: Settings) -> None:
    big = StepRecorded(
        tenant=settings.tenant,
        attempt_id="a",
        kind="observation",
        name="page",
        content="ü" * 256 * 1024,
    )
    send(settings, [big])
    with archiving(settings):
        eventually(lambda: archived(settings), (1, 1))
    [(length,)] = ClickHouse(settings).query(
        "SELECT lengthUTF8(content) FROM events WHERE tenant = {tenant:String}",
        {"tenant": settings.tenant},
    )
    assert length == 256 * 1024


@pytest.mark.parametrize("away", ["kafka", "clickhouse"])
def test_a_server_that_is_away_is_said_so(settings: Settings, away: str) -> None:
    address = "127.0.0.1:1" if away == "kafka" else "http://127.0.0.1:1"
    lost = settings.model_copy(update={away: address})
    stop = threading.Event()
    future = in_background(lambda: run(lost, stop, ServiceStatus()))
    if away == "clickhouse":
        with pytest.raises(UnavailableError, match="ClickHouse at 127"):
            future.result(30)
    else:
        time.sleep(1)  # nothing may happen within it
        assert not future.done()
        stop.set()
        future.result(10)


def test_too_much_that_is_unreadable_stops_it_and_skips_nothing(
    apart: Settings,
) -> None:
    send_raw(apart, EVENTS.name, *[b"no json"] * (LIMIT + 1))
    send(apart, events(apart.tenant, 1))
    with pytest.raises(DeadLetterLimitError, match="find the publisher"):
        run(apart, threading.Event(), ServiceStatus())
    assert archived(apart) == (0, 0)
    with archiving(apart):
        eventually(lambda: archived(apart), (3, 3))
