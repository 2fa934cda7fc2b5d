"""Exits and forks, in processes of their own."""

import socket
from collections import Counter
from contextlib import closing

from sdk.conftest import reading
from sdk.programs import run
from sdk.stand_in import EventReader, StandInAdvisor
from support.polling import in_time

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, Event

UNREACHABLE = Settings(kafka="127.0.0.1:1")


def problems(reader: EventReader, count: int) -> Counter[str]:
    """Return how often each problem was started, once `count` attempts have ended."""

    def ends(events: list[Event]) -> int:
        return sum(isinstance(event, AttemptEnded) for event in events)

    events = reader.until(lambda events: ends(events) >= count)
    ids = {e.attempt_id for e in events if isinstance(e, AttemptEnded)}
    started = [e for e in events if isinstance(e, AttemptStarted)]
    unended = [e.problem for e in started if e.attempt_id not in ids]
    assert ends(events) == count, f"{len(started)} started, not ended: {unended}"
    assert len({event.event_id for event in events}) == len(events)
    assert len(ids) == count
    return Counter(e.problem for e in started)


EXITS_WITHOUT_CLOSE = """
import pilotfish
pilot = pilotfish.connect()
for n in range(200):
    with pilot.attempt(f"problem {n}") as attempt:
        attempt.action("tool", "x" * 600)
print("END")
"""


def test_a_program_that_exits_without_close_sends_everything(
    settings: Settings,
) -> None:
    with reading(settings) as reader:
        done = run(EXITS_WITHOUT_CLOSE, settings)
        assert (done.status, done.errors) == (0, "")
        assert set(problems(reader, 200).values()) == {1}


def test_without_kafka_a_program_exits_within_two_seconds_with_a_warning() -> None:
    def took_s() -> float:
        done = run(EXITS_WITHOUT_CLOSE, UNREACHABLE)
        assert done.status == 0
        assert "127.0.0.1:1" in done.errors and "did not arrive" in done.errors
        return done.took_s

    in_time(2, took_s)


MANY_CLIENTS = """
import pilotfish
pilots = [pilotfish.connect(agent=f"a{n}") for n in range(4)]
subscription = pilots[0].on_hint(print)
for pilot in pilots:
    with pilot.attempt("x") as attempt:
        assert attempt.advice({"plan": ""}).abstained == "unreachable"
    assert not pilot.flush(0.01)
    assert pilot.stats().queued == 2
print("END")
"""


def test_many_clients_without_kafka_end_within_two_seconds_together() -> None:
    def took_s() -> float:
        done = run(MANY_CLIENTS, UNREACHABLE)
        assert done.status == 0, done.errors
        return done.took_s

    in_time(2, took_s)


def test_a_server_that_never_answers_delays_no_exit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        done = run(MANY_CLIENTS, Settings(kafka=address))
    assert done.status == 0, done.errors
    assert done.took_s < 2.0


FORKS = """
import os, sys, pilotfish
pilot = pilotfish.connect(advice_deadline_s=2)
def attempt(name):
    with pilot.attempt(name) as attempt:
        attempt.action("tool", name)
for n in range(100):
    attempt(f"before {n}")
with pilot.attempt("around") as around:
    child = os.fork()
    if child == 0:
        around.action("tool", "by the child")
        attempt("of the child")
        grandchild = os.fork()
        if grandchild:
            assert os.waitpid(grandchild, 0)[1] == 0
        attempt("of the grandchild" if grandchild == 0 else "of the child, later")
        assert pilot.flush(60)
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
attempt("after")
print("END")
"""


def test_a_forked_child_publishes_its_own_events_only(
    settings: Settings,
) -> None:
    with reading(settings) as reader:
        done = run(FORKS, settings)
        assert (done.status, done.errors) == (0, "")
        seen = problems(reader, 105)
    assert set(seen.values()) == {1}
    assert {"around", "after", "of the child", "of the grandchild"} < set(seen)


POOL = """
import multiprocessing, threading, pilotfish
pilot = pilotfish.connect()
def attempt(name):
    with pilot.attempt(name) as attempt:
        attempt.action("tool", name)
def work(n):
    attempt(f"worker {n}")
def busy(t):
    for n in range(200):
        attempt(f"thread {t}, {n}")
threads = [threading.Thread(target=busy, args=(t,)) for t in range(4)]
for thread in threads:
    thread.start()
context = multiprocessing.get_context("fork")
for round in range(3):
    processes = [
        context.Process(target=work, args=(f"{round}, {n}",)) for n in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
with context.Pool(2) as pool:
    pool.map(work, range(20))
    pool.close()
    pool.join()
for thread in threads:
    thread.join()
print("END")
"""


def test_workers_forked_beside_busy_threads_send_everything_once(
    settings: Settings,
) -> None:
    with reading(settings) as reader:
        done = run(POOL, settings)
        assert (done.status, done.errors) == (0, "")
        assert set(problems(reader, 800 + 12 + 20).values()) == {1}


CLOSED = """
import os, pilotfish
pilot = pilotfish.connect()
with pilot:
    with pilot.attempt("x"):
        pass
child = os.fork()
if child == 0:
    with pilot.attempt("y"):
        pass
    assert pilot.stats() == pilotfish.Stats(dropped=2)
    raise SystemExit
assert os.waitpid(child, 0)[1] == 0
print("END")
"""


def test_a_closed_client_stays_closed_in_the_child(settings: Settings) -> None:
    with reading(settings) as reader:
        done = run(CLOSED, settings)
        assert (done.status, done.errors) == (0, "")
        assert problems(reader, 1) == {"x": 1}


ADVICE_IN_THE_CHILD = """
import os, pilotfish
pilot = pilotfish.connect(advice_deadline_s=5)
def ask():
    with pilot.attempt("x") as attempt:
        assert attempt.advice({"plan": ""}).abstained == "unsure"
        attempt.use("plan")
child = os.fork()
ask()
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_parent_and_child_are_both_answered(settings: Settings) -> None:
    with closing(StandInAdvisor(settings)) as advisor:
        done = run(ADVICE_IN_THE_CHILD, settings)
        assert (done.status, done.errors) == (0, "")
    assert len({request.client_id for request in advisor.requests}) == 2
