"""Crashes, replays and reordering between any two steps, over a log in memory.

What one machine cannot show - brokers and replicas that fail each on its own - comes
down to this for the services: a call failed, before or after it took effect; a process
died, fell asleep, or was given other partitions. The archive, the labels and the trigger
run here as they are, over the log in memory and a fake ClickHouse; only the order of
things is drawn.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from unittest.mock import patch

import pytest
from faults.drawn import events
from faults.memory_clickhouse import MemoryClickHouse, Tables
from faults.records import Record
from faults.trouble import CrashError, Trouble
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pilotfish.consumers.archive import handler as archive
from pilotfish.consumers.archive.writer import ArchiveWriter
from pilotfish.consumers.trigger import handler as trigger
from pilotfish.consumers.trigger.training_process import Outcome
from pilotfish.consumers.trigger.trainings import Trainings
from pilotfish.runtime import retry
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import headers
from pilotfish.runtime.memory_broker import MemoryBroker, MemoryLog, MemoryProducer
from pilotfish.runtime.progress import new_labels
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service.loop import ConsumerLoop
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.events import Event
from pilotfish.schemas.forgotten import FORGOTTEN, AttemptForgotten
from pilotfish.schemas.topics import DEAD, EVENTS, LABELS
from pilotfish.streams.attempts.assembly import apply
from pilotfish.streams.attempts.state import State, tombstone
from pilotfish.streams.attempts.windows import share
from pilotfish.streams.labelling import load
from pilotfish.streams.labels import model
from pilotfish.streams.labels.model import LabelModel
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker

EXAMPLES = 2000
TRAIN_AT = 3
PARTITIONS = 2
EARLY = {
    "READY_ATTEMPTS": 1,
    "READY_SOURCES": 1,
    "READY_VOTES": 0.1,
    "COMPARED": 0.1,
    "_PAIRS_EVERY": 2,
}
"""Stories are short: a label model decides early, or it would never be seen."""
TENANTS = ("one", "two")
BAD = b'{"tenant": "one", "attempt_id": ""}'

troubles = st.tuples(
    st.none() | st.integers(0, 24),
    st.sampled_from([CrashError(), UnavailableError("drawn")]),
)


class Labelling:
    """A stream worker with its memory, and connections that can fall asleep."""

    def __init__(self, log: MemoryLog, tables: Tables, trouble: Trouble) -> None:
        self.clickhouse = MemoryClickHouse(tables, trouble)
        letters = DeadLetters(_producer(log, trouble), "streams")
        publisher = Publisher(_producer(log, trouble))
        sink = Sink(_as_any(self.clickhouse), publisher, letters)
        self.worker = Worker(_as_any(self.clickhouse), sink, threading.Event())


class Trained:
    """A training of the model: it ends when the machine says so."""

    def __init__(self, tables: Tables, tenant: str) -> None:
        self.tenant = tenant
        clickhouse: Any = MemoryClickHouse(tables, Trouble())
        assert new_labels(clickhouse, tenant) >= TRAIN_AT
        self._tables = tables
        self._watermark = _watermark(tables, tenant)
        self.said: Outcome | None = None

    def outcome(self) -> Outcome | None:
        return self.said

    def end(self, timeout_s: float) -> None:
        """It is gone with its trigger."""

    def finish(self) -> None:
        """Record it as finished, then end."""
        row = {"tenant": self.tenant, "watermark": self._watermark}
        self._tables["trainings"].append(row)
        self.said = "done"


class Trainers:
    """Start trainings of the model, and keep them in `started`."""

    def __init__(self, tables: Tables, started: list[Trained]) -> None:
        self._tables = tables
        self._started = started

    def start(self, tenant: str) -> Trained:
        self._started.append(Trained(self._tables, tenant))
        return self._started[-1]

    def load(self) -> None:
        """Nothing takes long here."""

    unload = load


class Platform(RuleBasedStateMachine):
    """What can happen, and what must hold in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.log, self.tables = MemoryLog(PARTITIONS), Tables()
        self.trouble = Trouble()
        self.published: list[Event] = []
        self.bad = 0
        self.asleep: list[Labelling] = []
        self.trainings: list[Trained] = []
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self._stack = ExitStack()
        load()
        self._stack.enter_context(patch.object(retry, "FIRST_WAIT_S", 0.0))
        for name, value in EARLY.items():
            self._stack.enter_context(patch.object(model, name, value))
        self.labelling = Labelling(self.log, self.tables, self.trouble)
        self._start_archive()
        self._start_trigger()

    # What agents do.

    @rule(drawn=st.lists(events, min_size=1, max_size=8))
    def publish(self, drawn: list[Event]) -> None:
        for event in drawn:
            self.published.append(event)
            self._append(event)

    @precondition(lambda self: self.published)
    @rule(data=st.data())
    def publish_again(self, data: st.DataObject) -> None:
        self._append(data.draw(st.sampled_from(self.published)))

    @rule(partition=st.integers(0, PARTITIONS - 1))
    def publish_bad(self, partition: int) -> None:
        self.bad += 1
        head = {"schema": "AttemptEnded", "version": "1"}
        self.log.append(EVENTS.name, partition, b"", BAD, list(head.items()))

    @rule(
        tenant=st.sampled_from(TENANTS),
        attempt_id=st.sampled_from(["a", "b", "c"]),
        number=st.integers(0, 40),
    )
    def order_to_forget(self, tenant: str, attempt_id: str, number: int) -> None:
        """Its id may be that of an event: ids are the publishers'."""
        self._append(
            AttemptForgotten(
                event_id=f"event-{number}", tenant=tenant, attempt_id=attempt_id
            )
        )

    # What the stream processors do.

    @rule(
        partition=st.integers(0, PARTITIONS - 1),
        most=st.integers(1, 10),
        trouble=troubles,
        commits=st.booleans(),
    )
    def label(
        self,
        partition: int,
        most: int,
        trouble: tuple[int | None, Exception],
        commits: bool,
    ) -> None:
        """Process a batch; a crash loses the memory, a lost commit repeats the batch."""
        batch = self._waiting(partition)[:most]
        self.trouble.left, self.trouble.error = trouble
        try:
            self.labelling.worker.process(batch)
        except CrashError:
            self.labelling = Labelling(self.log, self.tables, self.trouble)
        else:
            if commits and batch:
                self._commit(partition, batch[-1].offset + 1)
        self.trouble.left = None

    @rule(partition=st.integers(0, PARTITIONS - 1), most=st.integers(1, 10))
    def fall_asleep(self, partition: int, most: int) -> None:
        """A worker read and decided, but its writes are still to come; another takes over."""
        sleeper = self.labelling
        sleeper.clickhouse.held = []
        sleeper.worker.process(self._waiting(partition)[:most])
        self.asleep.append(sleeper)
        self.labelling = Labelling(self.log, self.tables, self.trouble)

    @precondition(lambda self: self.asleep)
    @rule()
    def wake_up(self) -> None:
        self.asleep.pop(0).clickhouse.wake()

    # What the archive does.

    @rule(trouble=troubles, at_once=st.integers(1, 5))
    def archive_some(self, trouble: tuple[int | None, Exception], at_once: int) -> None:
        self.archive_broker.at_once = at_once
        self.trouble.left, self.trouble.error = trouble
        self._step_archive()
        self.trouble.left = None

    @rule()
    def rebalance_archive(self) -> None:
        self.archive_broker.rebalance()

    @rule()
    def kill_archive(self) -> None:
        self._start_archive()

    # What the trigger does.

    @rule(trouble=troubles)
    def watch_labels(self, trouble: tuple[int | None, Exception]) -> None:
        self.trouble.left, self.trouble.error = trouble
        try:
            self.trigger.step()
        except CrashError:
            self._start_trigger()
        self.trouble.left = None

    @precondition(lambda self: self.trainings and self.trainings[-1].said is None)
    @rule(killed=st.booleans())
    def end_training(self, killed: bool) -> None:
        if killed:
            self.trainings[-1].said = "failed"
        else:
            self.trainings[-1].finish()

    @rule()
    def kill_trigger(self) -> None:
        self._start_trigger()

    # What must hold.

    def teardown(self) -> None:
        try:
            self._drain()
            if self._forgotten():
                self._delete_forgotten()
                self._read_all_again()
                self._nothing_forgotten_is_back()
            self._events_are_there_once()
            self._attempts_and_windows_are_true()
            self._labels_are_told()
            self._training_is_due_when_it_should()
        finally:
            self._stack.close()

    def _drain(self) -> None:
        self.trouble.left = None
        while self.asleep:
            self.wake_up()
        for partition in range(PARTITIONS):
            while batch := self._waiting(partition):
                self.labelling.worker.process(batch[:7])
                self._commit(partition, batch[:7][-1].offset + 1)
        for _ in range(4 + len(self.log.of(EVENTS.name)) + len(self.log.of(DEAD.name))):
            self._step_archive()

    def _delete_forgotten(self) -> None:
        gone = self._forgotten()
        for table in ("events", "attempts"):
            self.tables[table] = [
                row
                for row in self.tables[table]
                if (row["tenant"], row["attempt_id"]) not in gone
                or row.get("status") == FORGOTTEN
            ]

    def _read_all_again(self) -> None:
        self.log.committed.clear()
        self.labelling = Labelling(self.log, self.tables, self.trouble)
        self._start_archive()
        self._drain()

    def _nothing_forgotten_is_back(self) -> None:
        gone = self._forgotten()
        assert {
            (row["tenant"], row["attempt_id"]) for row in self.tables["forgotten"]
        } == gone
        back = [
            row
            for table in ("events", "attempts")
            for row in self.tables[table]
            if (row["tenant"], row["attempt_id"]) in gone
        ]
        assert all(row.get("status") == FORGOTTEN for row in back)
        assert all(not row.get("problem") and not row.get("steps") for row in back)

    def _events_are_there_once(self) -> None:
        gone = self._forgotten()
        rows = Counter(
            (row["topic_partition"], row["topic_offset"])
            for row in self.tables["events"]
        )
        good = {
            (record.partition(), record.offset())
            for record in self.log.of(EVENTS.name)
            if record.value() != BAD and _key(record) not in gone
        }
        assert rows == Counter(good)
        letters = {
            (row["service"], row["source_partition"], row["source_offset"])
            for row in self.tables["dead_letters"]
        }
        assert len(letters) == 2 * self.bad, "each by the archive and by the labels"

    def _attempts_and_windows_are_true(self) -> None:
        states = self._folded()
        rows = self.tables.newest("attempts", ("tenant", "attempt_id"))
        told = ("version", "p_success", "steps", "problem", "approach", "first_offset", "status")  # fmt: skip
        stored = {
            (row["tenant"], row["attempt_id"]): tuple(row[name] for name in told)
            for row in rows
        }
        assert stored == {
            key: (s.version, s.label.p_success, s.steps, s.problem, s.approach, s.first_offset, s.status)
            for key, s in states.items()
        }  # fmt: skip
        counts: Counter[tuple[Any, ...]] = Counter()
        for state in states.values():
            if (one := share(state)) is None:
                continue
            for window, (number, count) in product(
                one.windows(), enumerate(one.counts)
            ):
                counts[*window, *one.segment, number] += count
        key = ("tenant", "window_s", "window_start", "topic_partition", "problem_type", "approach")  # fmt: skip
        numbers = ("attempts", "successes", "failures", "abstentions", "cost_nano", "duration_us")  # fmt: skip
        windows = Counter(
            {
                (*(row[name] for name in key), number): row[name]
                for row in self.tables.newest("window_counts_by_partition", key)
                for number, name in enumerate(numbers)
            }
        )
        assert +windows == +counts and -windows == -counts

    def _labels_are_told(self) -> None:
        """The newest version of each label is in its topic."""
        newest: dict[tuple[str, str], tuple[int, float | None]] = {}
        for record in self.log.of(LABELS.name):
            one: Any = decode(LABELS, record.value(), headers(record))
            key = one.tenant, one.attempt_id
            newest[key] = max(newest.get(key, (0, None)), (one.version, one.p_success), key=lambda it: it[0])  # fmt: skip
        assert newest == {
            key: (state.version, state.label.p_success)
            for key, state in self._folded().items()
            if state.version
        }

    def _training_is_due_when_it_should(self) -> None:
        """With all labels in, trainings run until too few are new."""
        for _ in range(50 + len(self.log.of(LABELS.name))):
            self.trigger.step()
            if self.trainings and self.trainings[-1].said is None:
                self.trainings[-1].finish()
        clickhouse: Any = MemoryClickHouse(self.tables, Trouble())
        for tenant in TENANTS:
            assert new_labels(clickhouse, tenant) < TRAIN_AT

    # How it is made.

    def _append(self, event: Event | AttemptForgotten) -> None:
        partition = sum(event.attempt_id.encode()) % PARTITIONS
        value, head = encode(event), headers_of(event)
        self.log.append(EVENTS.name, partition, event.attempt_id, value, head)

    def _waiting(self, partition: int) -> list[Record]:
        begin = self.log.committed.get(("labels", (EVENTS.name, partition)), 0)
        return [
            Record(partition, r.offset() or 0, r.key(), r.value(), headers(r))
            for r in self.log.records[EVENTS.name, partition][begin:]
        ]

    def _commit(self, partition: int, offset: int) -> None:
        self.log.committed["labels", (EVENTS.name, partition)] = offset

    def _folded(self) -> dict[tuple[str, str], State]:
        """What an undisturbed reader makes of the log."""
        states: dict[tuple[str, str], State] = {}
        models: dict[tuple[str, int], LabelModel] = {}
        for record in self.log.of(EVENTS.name):
            if record.value() == BAD:
                continue
            event: Any = decode(EVENTS, record.value(), headers(record))
            key = event.tenant, event.attempt_id
            state = states.setdefault(key, State(*key, record.partition() or 0))
            model = models.setdefault(
                (event.tenant, record.partition() or 0), LabelModel()
            )
            if not isinstance(event, AttemptForgotten):
                apply(state, event, record.offset() or 0, model)
            elif state.status != FORGOTTEN:
                states[key] = tombstone(state, record.offset() or 0)
        return states

    def _forgotten(self) -> set[tuple[str, str]]:
        """Return the attempts that somebody ordered to forget."""
        states = self._folded().items()
        return {key for key, state in states if state.status == FORGOTTEN}

    def _step_archive(self) -> None:
        """Take a step; where it fails, the archive's process restarts."""
        try:
            self.inserts.run()
            self.archive.step()
        except (CrashError, UnavailableError):
            self._start_archive()

    def _start_archive(self) -> None:
        def connect() -> Any:
            return MemoryClickHouse(self.tables, self.trouble)

        self.inserts = Inserts()
        self.archive_broker = MemoryBroker(self.log, archive.GROUP, at_once=3)
        handler = archive.ArchiveHandler(
            connect, lambda: ArchiveWriter(connect(), self.inserts)
        )
        self.archive = ConsumerLoop(
            self.archive_broker,
            archive.SPEC,
            handler,
            ServiceStatus(),
            DeadLetters(_producer(self.log, self.trouble), "archive"),
        )

    def _start_trigger(self) -> None:
        def clock() -> datetime:
            self.now += timedelta(minutes=1)
            return self.now

        status, monitor = ServiceStatus(), _as_any(NoMonitor())
        clickhouse = _as_any(MemoryClickHouse(self.tables, self.trouble))
        trainers = Trainers(self.tables, self.trainings)
        trainings = Trainings(TRAIN_AT, clickhouse, trainers, clock)
        handler = trigger.TriggerHandler(trainings, monitor, None, status.beat)
        broker = MemoryBroker(self.log, trigger.GROUP)
        self.trigger = ConsumerLoop(broker, trigger.SPEC, handler, status)


class Inserts:
    """The archive's background: what it starts in a step is done before the next."""

    def __init__(self) -> None:
        self._started: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], Any], /) -> "Future[Any]":
        future: Future[Any] = Future()

        def do() -> None:
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001 - as the real one does
                future.set_exception(error)

        self._started.append(do)
        return future

    def run(self) -> None:
        while self._started:
            self._started.pop(0)()


class NoMonitor:
    """Watches no advisor: there are none here."""

    def labelled(self, tenant: str) -> None:
        """It may come to harm."""

    def step(self) -> None:
        """Nothing is promoted."""


def _key(record: Any) -> tuple[str, str]:
    event: Any = decode(EVENTS, record.value(), headers(record))
    return event.tenant, event.attempt_id


def _producer(log: MemoryLog, trouble: Trouble) -> Any:
    return MemoryProducer(log, trouble.call)


def _as_any(it: object) -> Any:
    return it


def _watermark(tables: Tables, tenant: str) -> dict[int, int]:
    ends: dict[int, int] = {}
    for row in tables.newest("attempts", ("tenant", "attempt_id")):
        if row["tenant"] == tenant and row["version"]:
            partition = row["topic_partition"]
            ends[partition] = max(ends.get(partition, -1), row["first_offset"])
    return ends


@pytest.mark.slow(45)
def test_whatever_fails_between_two_steps_nothing_is_lost_or_doubled() -> None:
    run_state_machine_as_test(
        Platform,
        settings=hypothesis_settings(
            max_examples=EXAMPLES, stateful_step_count=20, deadline=None
        ),
    )
