"""The memory in this process and, to be killed, in another; on real servers."""

import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faults.processes import Service
from faults.topics import beginnings, messages, place_group
from support.advice.labels import NOW, label, send
from support.advice.tiny import tiny_bundle
from support.beside import beside
from support.polling import eventually

from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory.handler import GROUP, run
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.events import SignalRecorded
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import DEAD, EVENTS, LABELS

COUNT = "SELECT count() FROM memory_current WHERE tenant = {tenant:String}"


@pytest.fixture
def based(settings: Settings) -> Settings:
    """A tenant of its own, and a base advisor whose encoder counts words."""
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    return settings


remembering = partial(beside, run)


def rows(settings: Settings, columns: str, table: str = "memory_current") -> list[Any]:
    return ClickHouse(settings).query(
        f"SELECT {columns} FROM {table} WHERE tenant = {{tenant:String}} ORDER BY at",
        {"tenant": settings.tenant},
    )


def remembered(settings: Settings) -> int:
    [(count,)] = ClickHouse(settings).query(COUNT, {"tenant": settings.tenant})
    return int(count)


def read_again(settings: Settings) -> None:
    """Forget how far the group has read."""
    place_group(settings, GROUP, beginnings([LABELS]))


def signals(settings: Settings) -> list[tuple[int, SignalRecorded]]:
    """Return the tenant's signals with the partitions they lie in."""
    return [
        (partition, event)
        for partition, event in messages(settings, EVENTS)
        if isinstance(event, SignalRecorded)
    ]


def set_aside_by(settings: Settings) -> list[str]:
    """Return which services set something of the tenant's aside."""
    return [
        letter.service
        for _, letter in messages(settings, DEAD)
        if isinstance(letter, DeadLetter)
    ]


def test_a_label_becomes_a_row(based: Settings) -> None:
    one = label(based.tenant, "w1 w2 w3", asker="ben", partition=2, offset=7)
    send(based, one)
    with remembering(based):
        eventually(lambda: remembered(based), 1)
    columns = (
        "attempt_id, version, problem, problem_type, approach, agent, asker, p_success,"
        " abstained, outcome, cost, duration_s, steps, actions, embedder,"
        " topic_partition, last_offset, at"
    )
    assert rows(based, columns) == [
        (one.attempt_id, 1, "w1 w2 w3", "sql", "plan", "ann", "ben", 1.0, "", "success",
         0.5, 60.0, 3, ["sql", "submit"], "tiny-1", 2, 7, one.started_at)
    ]  # fmt: skip
    [(length, norm)] = rows(based, "length(embedding), L2Norm(embedding)", "memory")
    assert length == 384 and norm == pytest.approx(1, abs=1e-5)


def test_a_revision_replaces_the_row(based: Settings) -> None:
    first = label(based.tenant, "w1 w2")
    revised = {"version": 2, "offset": 9, "p_success": 0.0}
    send(based, first, first.model_copy(update=revised))
    with remembering(based):
        eventually(lambda: rows(based, "version, outcome"), [(2, "failure")])
        again = {"version": 3, "offset": 11, "p_success": None, "abstained": "timeout"}
        send(based, first.model_copy(update=again))
        eventually(lambda: rows(based, "version, outcome"), [(3, "timeout")])


def test_labels_read_again_change_nothing(based: Settings) -> None:
    ones = [label(based.tenant, f"w{n}", partition=n % 4, offset=n) for n in range(40)]
    newer = [
        one.model_copy(update={"version": 2, "offset": one.offset + 100})
        for one in ones[::2]
    ]
    send(based, *ones, *newer)
    shown = "attempt_id, version, outcome, last_offset"
    with remembering(based):
        eventually(lambda: len(rows(based, "1", "memory")) >= 40)
        eventually(lambda: sum(v for (v,) in rows(based, "version")), 60)
    before = rows(based, shown)
    read_again(based)
    send(based, label(based.tenant, "w99"))
    with remembering(based):
        eventually(lambda: remembered(based), 41)
    assert set(before) < set(rows(based, shown))


def test_a_label_without_a_problem_is_passed_over(based: Settings) -> None:
    send(based, label(based.tenant, ""), label(based.tenant, " \n"))
    send(based, label(based.tenant, "w1"))
    with remembering(based):
        eventually(lambda: rows(based, "problem"), [("w1",)])


def test_what_is_no_label_is_set_aside(based: Settings) -> None:
    bad = f'{{"tenant": "{based.tenant}"}}'.encode()
    to = producer(based)
    to.produce(LABELS.name, bad, key=b"k", headers=[("schema", b"AttemptLabelled"), ("version", b"1")])  # fmt: skip
    assert to.flush(20) == 0
    send(based, label(based.tenant, "w1"))
    with remembering(based):
        eventually(lambda: remembered(based), 1)
        eventually(lambda: set_aside_by(based), ["memory"])


def test_killed_in_the_middle_nothing_is_lost_or_doubled(
    based: Settings, tmp_path: Path
) -> None:
    service = Service("memory", based, tmp_path)
    for batch in range(3):
        send(
            based, *(label(based.tenant, f"w{n}", partition=n % 4) for n in range(700))
        )
        service.start()
        eventually(lambda so_far=700 * batch: remembered(based) > so_far)
        service.kill()
    with remembering(based):
        eventually(lambda: remembered(based), 2100)


def asked(settings: Settings, minutes_ago: float, problem: str, **changes: Any) -> AttemptLabelled:  # fmt: skip
    began = NOW - timedelta(minutes=minutes_ago)
    times = {"started_at": began, "ended_at": began + timedelta(minutes=1)}
    return label(settings.tenant, problem, **({"asker": "ben"} | times | changes))


def test_asking_again_is_one_signal_to_the_attempt_before(based: Settings) -> None:
    first = asked(based, 30, "w1 w2 w3 w4", partition=3)
    others = [
        asked(based, 20, "w1 w2 w3 w4", asker="eve"),
        asked(based, 20, "w1 w2 w3 w4", asker=""),
        asked(based, 20, "w7 w8 w9", partition=1),
        asked(based, 95, "w1 w2 w3 w4"),
        label("another", "w1 w2 w3 w4", asker="ben"),
    ]
    later = asked(based, 10, "w4 w3 w2 w1", partition=2)
    send(based, later, *others)
    with remembering(based):
        eventually(lambda: remembered(based), 5)
        assert signals(based) == []
        send(based, first)  # a label may come late
        eventually(lambda: len(signals(based)), 1)
    [(partition, signal)] = signals(based)
    assert (partition, signal.kind) == (3, "retry")
    assert signal.attempt_id == first.attempt_id
    assert later.attempt_id not in signal.detail, "that attempt may be forgotten"
    read_again(based)
    send(based, asked(based, 5, "w50"))
    with remembering(based):
        eventually(lambda: remembered(based), 7)
    assert {one.event_id for _, one in signals(based)} == {signal.event_id}


def test_without_a_base_advisor_it_waits(settings: Settings) -> None:
    with pytest.raises(UnavailableError, match="no base advisor"):
        run(settings, threading.Event(), ServiceStatus())
