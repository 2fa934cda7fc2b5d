"""Signals: the first one raises, later ones do not, and none cuts off a start."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from pilotfish.infra.embedded.interrupts import (
    interrupts_held,
    raise_at_first_interrupt,
)

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_raises_and_the_others_are_ignored(
    number: signal.Signals,
) -> None:
    raise_at_first_interrupt()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    for again in SIGNALS:
        os.kill(os.getpid(), again)


def test_a_signal_waits_until_the_start_is_over() -> None:
    raise_at_first_interrupt()
    done = []

    def start() -> None:
        with interrupts_held():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("the start")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert done == ["the start"]


def test_without_a_signal_nothing_changes() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with interrupts_held():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_other_threads_are_never_interrupted() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def start() -> None:
        with interrupts_held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert seen == [before]


def test_a_process_that_is_started_meanwhile_does_not_inherit_the_waiting() -> None:
    with interrupts_held():
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            start_new_session=True,
        )
    child.terminate()
    assert child.wait(60) == -signal.SIGTERM
