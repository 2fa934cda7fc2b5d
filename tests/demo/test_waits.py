"""When the demo stops waiting; a stand-in for the monitor has one reading."""

import time
from types import SimpleNamespace
from typing import cast

from pilotfish.demo.monitor import Monitor, Reading
from pilotfish.demo.strategies import FoundStrategy
from pilotfish.demo.waits import await_strategies, await_verdict


def monitor(reading: Reading) -> Monitor:
    return cast("Monitor", SimpleNamespace(reading=reading))


def test_a_verdict_that_is_due_is_awaited_until_the_deadline() -> None:
    deadline = time.monotonic() + 0.1
    await_verdict(monitor(Reading(new_labels=500)), 500, deadline)
    assert time.monotonic() >= deadline


def test_no_verdict_is_awaited_where_none_is_due() -> None:
    deadline = time.monotonic() + 60
    await_verdict(monitor(Reading(new_labels=499)), 500, deadline)
    assert time.monotonic() < deadline


def test_strategies_of_nearly_all_attempts_are_enough() -> None:
    deadline = time.monotonic() + 60
    found = FoundStrategy("a", "read_grid", attempts=99)
    await_strategies(monitor(Reading(strategies=(found,))), 100, deadline)
    assert time.monotonic() < deadline


def test_strategies_are_not_awaited_for_ever() -> None:
    deadline = time.monotonic() + 0.1
    await_strategies(monitor(Reading()), 100, deadline)
    assert time.monotonic() >= deadline
