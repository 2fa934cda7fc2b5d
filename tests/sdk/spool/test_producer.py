"""An agent with a spool whose Kafka is unreachable, slow, or back again."""

import asyncio
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, TopicPartition
from sdk.conftest import reading
from sdk.programs import run
from sdk.stand_in import EventReader, from_the_end
from support.polling import eventually, in_time

import pilotfish
from pilotfish._sdk.spool import producer as _spooling
from pilotfish._sdk.spool.producer import SpoolingProducer
from pilotfish._sdk.spool.spool import Spool
from pilotfish._sdk.transport.kafka_events import EventProducer
from pilotfish._sdk.transport.transport import Failure, OnSettled
from pilotfish._sdk.warnings import Warnings
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.kafka import client_config, headers
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import decode
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    StepRecorded,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import EVENTS

NOWHERE = "127.0.0.1:1"


def unreachable(settings: Settings) -> Settings:
    """Return the same tenant and home, with an unreachable Kafka."""
    return settings.model_copy(update={"kafka": NOWHERE})


def work(pilot: pilotfish.Client, attempts: int, steps: int = 5) -> None:
    for number in range(attempts):
        with pilot.attempt(f"problem {number}") as attempt:
            for turn in range(steps):
                attempt.action("tool", str(turn))
            attempt.succeed()


def spooled(pilot: pilotfish.Client, count: int) -> None:
    eventually(lambda: pilot.stats() == pilotfish.Stats(spooled=count))


def in_order(events: list[Event], attempts: int, steps: int = 5) -> None:
    """Check that all events are there once, in the order of each attempt."""
    assert len({event.event_id for event in events}) == len(events)
    by_attempt: dict[str, list[Event]] = {}
    for event in events:
        by_attempt.setdefault(event.attempt_id, []).append(event)
    assert len(by_attempt) == attempts
    for mine in by_attempt.values():
        assert isinstance(mine[0], AttemptStarted) and isinstance(
            mine[-1], AttemptEnded
        )
        contents = [e.content for e in mine if isinstance(e, StepRecorded)]
        assert contents == [str(turn) for turn in range(steps)]
        assert len(mine) == steps + 2


def replayed(settings: Settings, reader: EventReader, count: int) -> list[Event]:
    """Return the events that a new process of the tenant sends from the spool."""
    with pilotfish.connect(
        kafka=settings.kafka, tenant=settings.tenant, spool=settings.home / "spool"
    ) as pilot:
        eventually(lambda: pilot.stats().sent == count)
        assert pilot.stats() == pilotfish.Stats(sent=count)
    return reader.until(lambda events: len(events) >= count)


def remaining_files(settings: Settings) -> list[str]:
    paths = (settings.home / "spool").rglob("*")
    return [path.name for path in paths if path.is_file()]


@pytest.mark.slow
def test_spooled_events_arrive_once_and_in_order_before_newer_ones(
    tmp_path: Path,
) -> None:
    broker, controller = free_ports(2)
    settings = Settings(kafka=f"127.0.0.1:{broker}", tenant="late", home=tmp_path)
    with pilotfish.connect(
        kafka=settings.kafka, tenant="late", spool=tmp_path / "spool"
    ) as pilot:
        work(pilot, 300)
        with pilot.attempt("around") as around:
            for turn in range(3):
                around.action("tool", str(turn))
            spooled(pilot, 300 * 7 + 4)
            with EmbeddedKafka(tmp_path / "kafka", broker, controller):
                create_topics(client_config(settings))
                for turn in range(3, 5):
                    around.action("tool", str(turn))
                around.__exit__(None, None, None)
                assert pilot.flush(60)
                work(pilot, 200)
                assert pilot.flush(60)
                assert pilot.stats() == pilotfish.Stats(sent=501 * 7)
                in_order(everything(settings, 501 * 7), 501)
    assert remaining_files(settings) == []


def everything(settings: Settings, count: int) -> list[Event]:
    """Return the events of a Kafka from its beginning."""
    events: list[Event] = []
    with closing(from_the_end(settings, EVENTS)) as consumer:
        consumer.assign(
            [
                TopicPartition(EVENTS.name, number, OFFSET_BEGINNING)
                for number in range(EVENTS.partitions)
            ]
        )

        def read() -> int:
            for record in consumer.consume(500, 0.2):
                event = decode(EVENTS, record.value(), headers(record))
                assert isinstance(event, Event)
                events.append(event)
            return len(events)

        eventually(lambda: read() >= count)
    return events


PROGRAM = """
import os, signal, sys, time, pilotfish
SPOOL = os.environ["PILOTFISH_HOME"] + "/spool"
def open_one(**options):
    return pilotfish.connect(spool=SPOOL, **options)
def work(pilot, attempts, steps=5):
    for number in range(attempts):
        with pilot.attempt(f"problem {number}") as attempt:
            for turn in range(steps):
                attempt.action("tool", str(turn))
            attempt.succeed()
def until(question):
    ends = time.monotonic() + 30
    while not question():
        assert time.monotonic() < ends
        time.sleep(0.01)
"""

KILLED = """
pilot = open_one()
work(pilot, 300)
until(lambda: pilot.stats().spooled == 2100)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_events_of_a_killed_agent_are_sent_by_the_next_one(
    settings: Settings,
) -> None:
    with reading(settings) as reader:
        assert run(PROGRAM + KILLED, unreachable(settings)).status == -9
        in_order(replayed(settings, reader, 2100), 300)
    assert remaining_files(settings) == []


KILLED_WHILE_SENDING = """
pilot = open_one()
until(lambda: pilot.stats().sent > 1000)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_while_sending_loses_nothing_and_duplicates_keep_their_ids(
    settings: Settings,
) -> None:
    with reading(settings) as reader:
        many = KILLED.replace("300", "3000").replace("2100", "21000")
        assert run(PROGRAM + many, unreachable(settings)).status == -9
        assert run(PROGRAM + KILLED_WHILE_SENDING, settings).status == -9
        with pilotfish.connect(
            kafka=settings.kafka, tenant=settings.tenant, spool=settings.home / "spool"
        ) as pilot:
            eventually(lambda: pilot.stats().sent > 0)
            assert pilot.flush(60)
            sent = pilot.stats().sent
        assert sent < 21_000
        events = reader.until(lambda e: len({event.event_id for event in e}) == 21_000)
    once = {event.event_id: event for event in events}
    in_order(list(once.values()), 3000)
    doubled = [id_ for id_, n in Counter(e.event_id for e in events).items() if n > 1]
    assert len(events) - len(once) == len(doubled)
    assert remaining_files(settings) == []


ENDS = """
pilot = open_one()
work(pilot, 300)
print("END")
"""


def test_without_kafka_a_program_exits_within_two_seconds_and_loses_nothing(
    settings: Settings,
) -> None:
    def took_s() -> float:
        done = run(PROGRAM + ENDS, unreachable(settings))
        assert done.status == 0, done.errors
        assert "events go to the spool" in done.errors
        with reading(settings) as reader:
            in_order(replayed(settings, reader, 2100), 300)
        return done.took_s

    in_time(2, took_s)


def test_with_kafka_a_program_leaves_nothing_on_disk(
    settings: Settings,
) -> None:
    with reading(settings) as reader:
        done = run(PROGRAM + ENDS, settings)
        assert (done.status, done.errors) == (0, "")
        in_order(reader.until(lambda events: len(events) >= 2100), 300)
    assert remaining_files(settings) == []


FORKS = """
pilot = open_one()
work(pilot, 100)
until(lambda: pilot.stats().spooled == 700)
for _ in range(3):
    if os.fork() == 0:
        work(pilot, 50)
        sys.exit(0)
for _ in range(3):
    assert os.wait()[1] == 0
work(pilot, 100)
until(lambda: pilot.stats().spooled >= 1400)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_parent_and_children_have_spools_of_their_own(settings: Settings) -> None:
    with reading(settings) as reader:
        done = run(PROGRAM + FORKS, unreachable(settings))
        assert done.status == -9, done.errors
        in_order(replayed(settings, reader, 350 * 7), 350)


POOL = """
import multiprocessing
pilot = open_one()
def task(_):
    work(pilot, 10)
with multiprocessing.get_context("fork").Pool(4) as pool:
    pool.map(task, range(20))
    pool.close()
    pool.join()
work(pilot, 10)
print("END")
"""


def test_workers_of_multiprocessing_lose_nothing(settings: Settings) -> None:
    with reading(settings) as reader:
        done = run(PROGRAM + POOL, unreachable(settings))
        assert done.status == 0, done.errors
        in_order(replayed(settings, reader, 210 * 7), 210)


OUTLIVED = """
here = os.environ["PILOTFISH_KAFKA"]
agent = os.fork()
if agent == 0:
    pilot = open_one(kafka="127.0.0.1:1")
    work(pilot, 100)
    until(lambda: pilot.stats().spooled == 700)
    child = os.fork()
    if child == 0:
        os.close(1)
        os.close(2)
        time.sleep(60)
        os._exit(0)
    print(child)
    os.kill(os.getpid(), signal.SIGKILL)
assert os.waitpid(agent, 0)[1] == 9
pilot = open_one(kafka=here)
until(lambda: pilot.stats().sent == 700)
print("taken")
"""


def test_a_surviving_child_does_not_hold_the_spool_of_its_parent(
    settings: Settings,
) -> None:
    done = run(PROGRAM + OUTLIVED, settings)
    assert done.output.split()[1:] == ["taken"], done.errors
    assert remaining_files(settings) == []
    assert done.took_s < 30  # the child sleeps for a minute


ADOPTS = """
pilot = open_one()
work(pilot, 10)
until(lambda: pilot.stats().spooled == 70)
if os.fork() == 0:
    work(pilot, 10)
    sys.exit(0)
assert os.wait()[1] == 0
until(lambda: pilot.stats().spooled == 140)
print("END")
"""


@pytest.mark.slow
def test_a_running_process_takes_over_from_one_that_ended(settings: Settings) -> None:
    done = run(PROGRAM + ADOPTS, unreachable(settings))
    assert done.status == 0, done.errors


def test_late_feedback_is_sent_after_spooled_events(settings: Settings) -> None:
    spool = settings.home / "spool"
    with pilotfish.connect(
        kafka=NOWHERE, tenant=settings.tenant, spool=spool
    ) as before:
        work(before, 50)
    assert before.stats() == pilotfish.Stats(spooled=350)
    with (
        reading(settings) as reader,
        pilotfish.connect(
            kafka=settings.kafka, tenant=settings.tenant, spool=spool
        ) as pilot,
    ):
        eventually(lambda: pilot.stats().sent + pilot.stats().spooled > 0)
        pilot.feedback("late", 1.0)
        assert pilot.flush(60)
        events = reader.until(lambda events: len(events) >= 351)
    assert len(events) == 351
    assert sum(isinstance(event, FeedbackGiven) for event in events) == 1


def test_texts_are_redacted_before_they_reach_the_disk(tmp_path: Path) -> None:
    with pilotfish.connect(
        kafka=NOWHERE, spool=tmp_path, redact=lambda text: text.replace("secret", "***")
    ) as pilot:
        with pilot.attempt("a secret", attributes={"x": "secret"}) as attempt:
            attempt.action("tool", "secret")
            attempt.fail("secret")
        spooled(pilot, 3)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    text = "".join(path.read_text() for path in files)
    assert text.count("***") == 4 and "secret" not in text
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")} == {0}


def test_a_broken_spool_does_not_break_the_agent(tmp_path: Path) -> None:
    with pilotfish.connect(kafka=NOWHERE, spool=tmp_path / "s") as pilot:
        for path in (tmp_path / "s").iterdir():
            path.rmdir()
        work(pilot, 10)
        eventually(lambda: pilot.stats().queued == 70)
    stats = pilot.stats()
    assert stats.failed + stats.dropped == 70
    assert stats.spooled == stats.queued == 0


def test_an_impossible_folder_is_refused_when_connecting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(pilotfish.ConfigurationError, match="spool"):
        pilotfish.connect(kafka=NOWHERE, spool=tmp_path / "file")


def test_cancelled_tasks_lose_nothing_and_abandon_their_attempts(
    settings: Settings,
) -> None:
    client = pilotfish.connect_async(
        kafka=NOWHERE,
        tenant=settings.tenant,
        spool=settings.home / "spool",
        advice_deadline_s=30,
    )

    async def run_attempt(number: int) -> None:
        async with client.attempt(str(number)) as attempt:
            attempt.action("tool", "0")
            if number % 2:
                await attempt.advice({"plan": ""})
            else:
                await asyncio.sleep(30)

    async def main() -> None:
        await client.__aenter__()
        tasks = [asyncio.create_task(run_attempt(n)) for n in range(20)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in ended)
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0.1)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing

    asyncio.run(main())
    assert client.stats() == pilotfish.Stats(spooled=60)
    with reading(settings) as reader:
        events = replayed(settings, reader, 60)
    in_order(events, 20, steps=1)
    ends = [event for event in events if isinstance(event, AttemptEnded)]
    assert {end.status for end in ends} == {"abandoned"}


class FailingProducer(EventProducer):
    """A producer that fails to deliver its first events."""

    def __init__(self, settings: Settings, *failures: Failure) -> None:
        super().__init__(settings, Warnings())
        self.failures = list(failures)

    def publish(self, event: Event, on_settled: OnSettled) -> bool:
        if not self.failures:
            return super().publish(event, on_settled)
        failure = self.failures.pop(0)

        def on_delivery(_: object) -> None:
            on_settled(failure)

        return super().publish(event, on_delivery)


def test_undelivered_events_are_sent_again_unless_kafka_refuses_them(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise late acknowledgements would send the other events to the spool, too.
    monkeypatch.setattr(_spooling, "_STALLED_S", 60.0)
    spool = Spool(tmp_path, settings.tenant, Warnings())
    failing = FailingProducer(
        settings, Failure("try later"), Failure("unfit", final=True)
    )
    events = SpoolingProducer(failing, spool, Warnings())
    settled: list[Failure | None] = []
    for _ in range(3):
        event = AttemptStarted(tenant=settings.tenant, attempt_id=new_id(), problem="x")
        assert events.publish(event, settled.append)

    def all_done() -> bool:
        events.poll(0.05)
        return len(settled) == 2 and spool.counts.sent == 1

    eventually(all_done)
    assert set(settled) == {Failure("unfit", final=True), None}
    assert (spool.counts.kept, spool.counts.waiting) == (1, 0)
    events.close()
