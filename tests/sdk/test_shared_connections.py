"""Clients that share a connection, are closed one by one, or are dropped."""

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sdk.conftest import reading
from sdk.programs import run
from sdk.stand_in import StandInAdvisor
from support.polling import eventually

import pilotfish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import AttemptEnded, Event
from pilotfish.testing import MemoryClient

UNREACHABLE = Settings(kafka="127.0.0.1:1")


Count = Callable[[], int]


@pytest.fixture
def publishers() -> Count:
    """How many connections publish in this process that did not before the test."""
    before = set(threading.enumerate())

    def count() -> int:
        new = (thread for thread in threading.enumerate() if thread not in before)
        return sum(thread.name == "pilotfish-publisher" for thread in new)

    return count


COUNTS = """
import gc, os, threading, time, pilotfish
def counts():
    gc.collect()
    tasks, files = os.listdir("/proc/self/task"), os.listdir("/proc/self/fd")
    return threading.active_count(), len(tasks), len(files)
def attempt(pilot, name):
    with pilot.attempt(name) as attempt:
        attempt.action("tool", name)
        attempt.succeed()
def until(condition, within_s=60):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, counts()
        time.sleep(0.05)
with pilotfish.connect() as pilot:
    attempt(pilot, "the first loads everything")
del pilot
until(lambda: threading.active_count() == 1)
before = counts()
"""

DROPPED = """
def handler(n):
    attempt(pilotfish.connect(agent=agent(n)), f"request {n}")
most = 0
for n in range(20):
    handler(n)
    most = max(most, threading.active_count())
until(lambda: counts() == before)
print("most", most)
"""


@pytest.mark.parametrize(
    ("agents", "most_threads"), [("'same'", 4), ("f'agent {n}'", 100)]
)
def test_dropped_clients_leave_nothing_behind_and_their_events_arrive(
    settings: Settings, agents: str, most_threads: int
) -> None:
    with reading(settings) as reader:
        done = run(COUNTS + f"agent = lambda n: {agents}" + DROPPED, settings)
        events = reader.until(lambda events: ends(events) >= 21)
    assert done.status == 0, done.errors
    assert int(done.output.split()[1]) <= most_threads
    assert done.errors.count("a client was dropped without close()") == 1
    assert ends(events) == 21 and len({e.event_id for e in events}) == len(events)


DROPPED_AT_EXIT = """
for n in range(20):
    attempt(pilotfish.connect(agent=f"agent {n}"), "x")
print("END")
"""


def test_what_is_dropped_right_before_the_exit_arrives(settings: Settings) -> None:
    with reading(settings) as reader:
        done = run(COUNTS + DROPPED_AT_EXIT, settings)
        assert done.status == 0, done.errors
        assert ends(reader.until(lambda events: ends(events) >= 21)) == 21


DROPPED_WITHOUT_KAFKA = """
import threading, time, pilotfish
def handler(n):
    with pilotfish.connect().attempt("x"):
        pass
for n in range(20):
    handler(n)
time.sleep(2)
print(threading.active_count(), pilotfish.connect().stats().queued)
"""


def test_without_kafka_dropped_clients_wait_in_one_connection() -> None:
    done = run(DROPPED_WITHOUT_KAFKA, UNREACHABLE)
    assert (done.status, done.output.split()) == (0, ["3", "40"])


def ends(events: list[Event]) -> int:
    return sum(isinstance(event, AttemptEnded) for event in events)


def connected(**arguments: Any) -> pilotfish.Client:
    options: dict[str, Any] = {"kafka": UNREACHABLE.kafka} | arguments
    return pilotfish.connect(**options)


def test_only_clients_with_equal_settings_share_a_connection(
    publishers: Count,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def redact(text: str) -> str:
        return text

    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, text: str) -> str:
            return text

    clients = [connected(), connected(), connected(redact=redact)]
    assert publishers() == 2
    clients += [connected(redact=redact), connected(tenant="default")]
    assert publishers() == 3
    odd = Unhashable()
    clients += [connected(redact=odd), connected(redact=odd)]
    assert publishers() == 5
    monkeypatch.setenv("PILOTFISH_TENANT", "another")
    clients.append(connected())
    assert publishers() == 6
    for client in clients:
        client.close()
    assert publishers() == 0


def test_closing_one_client_leaves_the_others_open(
    settings: Settings, publishers: Count
) -> None:
    arguments = {"kafka": settings.kafka, "tenant": settings.tenant}
    with reading(settings) as reader:
        first, second = connected(**arguments), connected(**arguments)
        for number in range(100):
            with first.attempt(f"problem {number}"):
                pass
        first.close()
        # `close` waited, though the connection stays open.
        assert second.stats().sent == 200
        with first.attempt("too late"):
            pass
        assert first.stats().dropped == 2
        with second.attempt("in time"):
            pass
        assert second.stats().dropped == 0
        second.close()
        events = reader.until(lambda events: ends(events) >= 101)
    assert ends(events) == 101 and publishers() == 0


def test_a_client_counts_from_its_own_start() -> None:
    with connected() as first, first.attempt("x"):
        with connected() as second:
            second.feedback("no id", 1)
            assert not second.flush(0.2)
            assert second.stats().rejected == first.stats().rejected == 1
        with connected() as third:
            assert third.stats().rejected == 0


def test_each_client_has_subscriptions_of_its_own(settings: Settings) -> None:
    arguments = {"kafka": settings.kafka, "tenant": settings.tenant}
    seen: dict[str, list[pilotfish.Hint]] = {"closed": [], "dropped": []}
    advisor = StandInAdvisor(settings)
    asking, closing = connected(**arguments), connected(**arguments)
    closing.on_hint(seen["closed"].append)
    # Nobody keeps this client; the subscription does.
    connected(**arguments, agent="another").on_hint(seen["dropped"].append)
    gc.collect()

    def ask() -> None:
        with asking.attempt("x") as attempt:
            attempt.advice({"plan": ""})

    def both_saw_it() -> bool:
        ask()
        return all(seen.values())

    eventually(both_saw_it)
    closing.close()
    before = {name: len(hints) for name, hints in seen.items()}

    def the_other_saw_more() -> bool:
        ask()
        return len(seen["dropped"]) > before["dropped"] + 2

    eventually(the_other_saw_more)
    assert len(seen["closed"]) == before["closed"]
    asking.close()
    advisor.close()


def test_a_dropped_client_in_memory_ends_its_thread(publishers: Count) -> None:
    client = MemoryClient()
    with client.attempt("x"):
        pass
    assert publishers() == 1
    del client
    eventually(lambda: publishers() == 0)


def test_an_attempt_keeps_its_client() -> None:
    attempt = connected().attempt("x")
    gc.collect()
    with attempt:
        attempt.action("tool")
    assert attempt._session.stats().dropped == 0
    attempt._session.close()


FORKED = """
import os
first, second = pilotfish.connect(), pilotfish.connect()
child = os.fork()
for pilot in (first, second):
    attempt(pilot, "of the child" if child == 0 else "of the parent")
pilots = [pilotfish.connect() for _ in range(5)]
assert threading.active_count() == 3, threading.enumerate()
first.close()
attempt(second, "later")
second.close()
if child:
    assert os.waitpid(child, 0)[1] == 0
print("END")
"""


def test_a_forked_child_shares_a_connection_of_its_own(settings: Settings) -> None:
    with reading(settings) as reader:
        done = run(COUNTS + FORKED, settings)
        assert done.status == 0, done.errors
        events = reader.until(lambda events: ends(events) >= 7)
    assert ends(events) == 7 and len({e.event_id for e in events}) == len(events)
