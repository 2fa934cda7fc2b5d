"""Forgetting on real servers, with the services that might bring it back."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from confluent_kafka import TopicPartition
from faults.processes import Service
from faults.topics import ends, place_group
from faults.truth import windows_differ
from support.advice.tiny import tiny_bundle
from support.beside import beside
from support.polling import eventually

from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.archive import handler as archive
from pilotfish.consumers.forget.consumer_progress import ConsumerProgress
from pilotfish.consumers.forget.erasing import Subject, erase, row_counts
from pilotfish.consumers.forget.forgetting import forget
from pilotfish.consumers.memory import handler as memory
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.forgotten import Order, write_orders
from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    EventBase,
    FeedbackGiven,
    HintMark,
    StepRecorded,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import ADVICE_REPLIES, DEAD, EVENTS, LABELS
from pilotfish.streams import app as streams
from pilotfish.trainers.dataset import read

SECRET = "quetzalcoatl"
"""A word that occurs only in data to be forgotten."""

EVENT = ("tenant", "attempt_id", "event_id", "at")
_GROUPS = {
    archive.GROUP: [EVENTS, ADVICE_REPLIES, DEAD],
    memory.GROUP: [LABELS],
    streams.GROUP: [EVENTS],
}


class CrashError(Exception):
    """Stands for a kill, inside the process."""


Places = dict[str, list[TopicPartition]]


def progress_of(settings: Settings, group: str) -> ConsumerProgress:
    topics = [topic.name for topic in _GROUPS[group]]
    return ConsumerProgress(settings, ClickHouse(settings), group, topics)


def group_ends(settings: Settings) -> Places:
    return {group: ends(settings, topics) for group, topics in _GROUPS.items()}


def place_groups(settings: Settings, places: Places) -> None:
    """Set the offsets of groups without members."""
    for group, offsets in places.items():
        eventually(progress_of(settings, group).members, 0)
        place_group(settings, group, offsets)


@contextmanager
def services(settings: Settings, folder: Path) -> Iterator[None]:
    with ExitStack() as running:
        worker = Service("streams", settings, folder)
        worker.start()
        running.callback(worker.end)
        running.callback(worker.stop)
        running.enter_context(beside(archive.run, settings))
        running.enter_context(beside(memory.run, settings))
        yield


@pytest.fixture
def based(settings: Settings) -> Settings:
    """A tenant of its own, with the smallest base advisor."""
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    return settings


@pytest.fixture
def beginning(based: Settings) -> Places:
    """Move the groups past what other tests published; return their places."""
    places = group_ends(based)
    place_groups(based, places)
    return places


def story(tenant: str, attempt_id: str, word: str) -> list[EventBase]:
    """Return the events of an attempt with this word in every text."""
    own: dict[str, Any] = {"tenant": tenant, "attempt_id": attempt_id}
    return [
        AttemptStarted(
            **own,
            problem=f"w1 {word}",
            problem_type="sql",
            approach="plan",
            attributes={"user.id": word},
        ),
        StepRecorded(**own, kind="action", name=word, content=word, cost=0.25),
        StepRecorded(**own, kind="answer", name="answer", content=word),
        AttemptEnded(
            **own,
            status="succeeded",
            reason=word,
            hint=HintMark(request_id=request_id_of(attempt_id)),
        ),
        FeedbackGiven(**own, value=0.0, source=word, detail=word),
    ]


def request_id_of(attempt_id: str) -> str:
    return f"request-{hash(attempt_id)}"


def send(settings: Settings, *messages: EventBase) -> None:
    to = producer(settings)
    for message in messages:
        publish(to, EVENTS, message.attempt_id, message)
    assert to.flush(60) == 0


def send_around(settings: Settings, attempt_id: str, word: str) -> None:
    """Publish two hints for an attempt, one without its id, and unreadable records."""
    own: dict[str, Any] = {"tenant": settings.tenant, "client_id": "c"}
    to = producer(settings)
    replies: list[dict[str, Any]] = [
        {"request_id": new_id(), "attempt_id": attempt_id, "text": word},
        {"request_id": request_id_of(attempt_id)},
    ]
    for reply in replies:
        publish(to, ADVICE_REPLIES, "c", HintGiven(**own, **reply, approach="plan"))
    bad = {"tenant": settings.tenant, "attempt_id": attempt_id, "word": word}
    headers: Any = [("schema", b"StepRecorded"), ("version", b"1")]
    for value, key in (
        (json.dumps(bad), attempt_id),
        (json.dumps(bad), "another key"),
        (json.dumps(bad)[:-1], attempt_id),
    ):
        to.produce(EVENTS.name, value, key=key, headers=headers)
    assert to.flush(60) == 0


def tables_with(settings: Settings, text: str) -> dict[str, int]:
    """Return each table's number of rows, all versions, that contain a text."""
    clickhouse = ClickHouse(settings)
    names = clickhouse.query(
        "SELECT name FROM system.tables"
        " WHERE database = currentDatabase() AND engine != 'View'"
    )
    assert len(names) >= 9
    counts = {
        name: clickhouse.query(
            f"SELECT countIf(position(toString(tuple(*)), {{text:String}}) > 0) FROM {name}",
            {"text": text},
        )[0][0]
        for (name,) in names
    }
    return {name: count for name, count in counts.items() if count}


def all_read(settings: Settings) -> None:
    """Wait until every group has read its topics to the end, including new labels."""
    for group in (streams.GROUP, archive.GROUP, memory.GROUP):
        with progress_of(settings, group) as progress:
            eventually(progress.now)


def all_joined(settings: Settings) -> None:
    for group in _GROUPS:
        with progress_of(settings, group) as progress:
            eventually(progress.members, 1)


@pytest.mark.slow
def test_nothing_of_an_attempt_is_left_nor_comes_back(
    based: Settings, beginning: Places, tmp_path: Path
) -> None:
    victim, other, newer = (f"{n}-{based.tenant}" for n in ("victim", "other", "newer"))
    subject = Subject(based.tenant, victim)
    with services(based, tmp_path):
        all_joined(based)
        everywhere(based, victim)
        send(based, *story(based.tenant, other, "w2"))
        all_read(based)
        before = tables_with(based, other)

        deleted = forget(based, subject, lambda _: None)

        assert deleted["events"] == 5 and deleted["hints"] == 2
        assert deleted["memory"] >= 1 and deleted["dead_letters"] >= 3
        nothing_is_left(based, victim)
        assert tables_with(based, other) == before
        only_one_counts(based, other)
        rewritten(based)

        send_late(based, victim)
        all_read(based)
        nothing_is_left(based, victim)

    place_groups(based, beginning)
    with services(based, tmp_path):
        all_joined(based)
        send(based, *story(based.tenant, newer, "w3"))
        all_read(based)
        eventually(lambda: tables_with(based, newer).get("memory"), 1)
        nothing_is_left(based, victim)
        assert windows_differ(ClickHouse(based), based.tenant) == []


def everywhere(settings: Settings, attempt_id: str) -> None:
    """Publish an attempt, and wait until it is in every table of attempts."""
    send(settings, *story(settings.tenant, attempt_id, SECRET))
    send_around(settings, attempt_id, SECRET)
    expected = {"attempts", "events", "hints", "memory", "dead_letters"}
    eventually(lambda: tables_with(settings, SECRET).keys(), expected)
    all_read(settings)
    subject = Subject(settings.tenant, attempt_id)
    assert set(row_counts(ClickHouse(settings), subject)) == expected | {"spans"}


def send_late(settings: Settings, attempt_id: str) -> None:
    """Publish the events again in reverse order, and the hints."""
    send(settings, *story(settings.tenant, attempt_id, SECRET)[::-1])
    send_around(settings, attempt_id, SECRET)


def only_one_counts(settings: Settings, attempt_id: str) -> None:
    clickhouse = ClickHouse(settings)
    assert windows_differ(clickhouse, settings.tenant) == []
    counted = clickhouse.query(
        "SELECT window_s, c.attempts FROM window_counts c"
        " WHERE tenant = {tenant:String} ORDER BY window_s",
        {"tenant": settings.tenant},
    )
    assert counted == [(60, 1), (3600, 1)]
    learned = read(clickhouse, settings.tenant, {}).attempts
    assert [attempt.attempt_id for attempt in learned] == [attempt_id]


def rewritten(settings: Settings) -> None:
    """Wait until the bytes are gone: no part of a table has rows that are only masked."""
    clickhouse = ClickHouse(settings)
    masked = (
        "SELECT table FROM system.parts WHERE active AND has_lightweight_delete"
        " AND database = currentDatabase() AND table != 'label_models'"
    )
    eventually(lambda: clickhouse.query(masked), [])


def nothing_is_left(settings: Settings, attempt_id: str) -> None:
    """Assert that only ids are left: the orders, and a tombstone without texts."""
    assert tables_with(settings, SECRET) == {}
    assert tables_with(settings, attempt_id).keys() == {"attempts", "forgotten"}
    tombstones = ClickHouse(settings).query(
        "SELECT DISTINCT status, problem, asker, approach, evidence, votes, actions,"
        " answer, end_reason, p_success, hint_request_id, seen_events FROM attempts"
        " WHERE attempt_id = {id:String}",
        {"id": attempt_id},
    )
    assert tombstones == [
        ("forgotten", "", "", "", "[]", {}, [], None, "", None, "", [])
    ]


@pytest.mark.slow
def test_nothing_of_a_tenant_is_left_nor_comes_back(
    based: Settings, beginning: Places, tmp_path: Path
) -> None:
    word, stays = f"{SECRET}-{new_id()}", f"stays-{new_id()}"
    ids = [f"{n}-{new_id()}" for n in range(12)]
    with services(based, tmp_path):
        all_joined(based)
        for attempt_id in ids:
            send(based, *story(based.tenant, attempt_id, word))
            send(based, *story(stays, attempt_id, "w2"))
        send_around(based, ids[0], word)
        training = (based.tenant, "training")
        ClickHouse(based).insert("trainings", ("tenant", "training_id"), [training])
        all_read(based)
        eventually(lambda: tables_with(based, word).get("memory", 0) >= 12)
        before = tables_with(based, stays)

        deleted = forget(based, Subject(based.tenant), lambda _: None)

        assert deleted["events"] >= 60 and deleted["memory"] >= 12
        assert deleted["trainings"] and deleted["label_models"] and deleted["clusters"]
        nothing_is_left_of_tenant(based, word)

        send(based, *story(based.tenant, ids[3], word)[::-1])
        send(based, *story(based.tenant, "a-new-one", word))
        send_around(based, ids[0], word)
        all_read(based)
        nothing_is_left_of_tenant(based, word)

    place_groups(based, beginning)
    with services(based, tmp_path):
        all_joined(based)
        all_read(based)
        nothing_is_left_of_tenant(based, word)
        assert tables_with(based, stays).keys() == before.keys()
        assert windows_differ(ClickHouse(based), stays) == []


def nothing_is_left_of_tenant(settings: Settings, word: str) -> None:
    assert tables_with(settings, word) == {}
    assert tables_with(settings, settings.tenant).keys() == {"forgotten"}


@pytest.mark.slow
@pytest.mark.usefixtures("beginning")
def test_after_a_kill_anywhere_the_same_command_finishes(
    based: Settings, tmp_path: Path
) -> None:
    victim = f"victim-{based.tenant}"
    subject = Subject(based.tenant, victim)
    with services(based, tmp_path):
        all_joined(based)
        send(based, *story(based.tenant, victim, SECRET))
        eventually(lambda: tables_with(based, SECRET).get("memory", 0) > 0)
        for steps in range(4):
            with pytest.raises(CrashError):
                forget(based, subject, crash_after(steps))
        assert "events" in tables_with(based, SECRET)
        for deletes in range(2):
            with dying_after(deletes), pytest.raises(CrashError):
                forget(based, subject, lambda _: None)
        assert tables_with(based, SECRET) != {}
        forget(based, subject, lambda _: None)
        nothing_is_left(based, victim)
        assert not any(forget(based, subject, lambda _: None).values())
        nothing_is_left(based, victim)


@contextmanager
def dying_after(deletes: int) -> Iterator[None]:
    """Crash at the next DELETE after this many."""
    left, command = iter(range(deletes)), ClickHouse.command

    def until_then(self: ClickHouse, sql: str, parameters: Any = None) -> None:
        deletes_rows = sql.startswith("DELETE") and not sql.endswith("false")
        if deletes_rows and next(left, None) is None:
            raise CrashError
        command(self, sql, parameters)

    with patch.object(ClickHouse, "command", until_then):
        yield


def crash_after(steps: int) -> Any:
    left = iter(range(steps))

    def say(_what: str) -> None:
        if next(left, None) is None:
            raise CrashError

    return say


def test_a_restarted_archive_stores_no_forgotten_events(
    apart: Settings,
) -> None:
    beginning = {archive.GROUP: ends(apart, _GROUPS[archive.GROUP])}
    tenants = (apart.tenant, f"gone-{apart.tenant}")
    gone = [(apart.tenant, "a", "e", 0, 0), (tenants[1], "", "e", 0, 0)]
    write_orders(ClickHouse(apart), [Order(*columns) for columns in gone])
    for tenant in tenants:
        for attempt_id in ("a", "b"):
            send(apart, *story(tenant, attempt_id, SECRET))
    place_groups(apart, beginning)
    kept = "SELECT tenant, attempt_id, count() FROM events WHERE tenant IN {t:Array(String)} GROUP BY ALL"
    with beside(archive.run, apart):
        eventually(
            lambda: ClickHouse(apart).query(kept, {"t": list(tenants)}),
            [(apart.tenant, "b", 5)],
        )


def test_the_error_names_the_service_that_does_not_catch_up(settings: Settings) -> None:
    row = (settings.tenant, settings.tenant, "e", utc_now())
    ClickHouse(settings).insert("events", EVENT, [row])
    subject = Subject(settings.tenant, settings.tenant)
    with pytest.raises(UnavailableError, match="streams did not catch up within 1 s"):
        forget(settings, subject, lambda _: None, within_s=1)
    assert tables_with(settings, settings.tenant) == {"events": 1}


def test_forgetting_an_unknown_subject_is_an_error(settings: Settings) -> None:
    for subject in (Subject(settings.tenant), Subject(settings.tenant, "typo")):
        with pytest.raises(ConfigurationError, match=f"no data about {subject}"):
            forget(settings, subject, lambda _: None)


def test_erasing_leaves_the_same_id_of_other_tenants(settings: Settings) -> None:
    clickhouse = ClickHouse(settings)
    other = f"other-{settings.tenant}"
    now = utc_now()
    rows = [(t, a, "e", now) for t in (settings.tenant, other) for a in ("1", "12")]
    clickhouse.insert("events", EVENT, rows)
    letters = [
        (settings.tenant, b"", b'{"attempt_id": "12"', 1),
        (settings.tenant, b"1", b"\xff", 2),
        (settings.tenant, b"", b'{"attempt_id" : "1", ', 3),
        (other, b"1", b"", 4),
    ]
    clickhouse.insert(
        "dead_letters",
        ("tenant", "key", "value", "source_offset", "at"),
        [(*letter, now) for letter in letters],
    )
    deleted = erase(clickhouse, Subject(settings.tenant, "1"))
    assert (deleted["events"], deleted["dead_letters"]) == (1, 2)
    left = clickhouse.query(
        "SELECT tenant, attempt_id FROM events WHERE tenant IN {t:Array(String)}",
        {"t": [settings.tenant, other]},
    )
    assert sorted(left) == sorted(
        [(settings.tenant, "12"), (other, "1"), (other, "12")]
    )
