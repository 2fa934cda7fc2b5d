import threading
from itertools import islice

import pytest

from pilotfish.runtime.retry import retry_until_available, waits
from pilotfish.schemas.errors import ConfigurationError, UnavailableError


class Stop(threading.Event):
    """Is set after so many waits, none of which takes time."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left < 0


def test_waits_double_up_to_the_longest() -> None:
    assert list(islice(waits(), 7)) == [0.25, 0.5, 1, 2, 4, 5, 5]


def test_it_returns_what_succeeds_at_last_and_notes_each_failure() -> None:
    notes: list[tuple[str, float]] = []
    outcomes: list[object] = [UnavailableError("a"), UnavailableError("b"), "done"]

    def work() -> object:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def note(error: UnavailableError, wait_s: float) -> None:
        notes.append((str(error), wait_s))

    assert retry_until_available(work, Stop(9), note) == "done"
    assert notes == [("a", 0.25), ("b", 0.5)]


def test_once_given_up_the_last_failure_is_raised() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise UnavailableError("away")

    with pytest.raises(UnavailableError, match="away"):
        retry_until_available(work, Stop(2), lambda *_: None)
    assert len(tries) == 3


def test_other_errors_are_not_retried() -> None:
    def work() -> None:
        raise ConfigurationError("wrong")

    with pytest.raises(ConfigurationError):
        retry_until_available(work, Stop(9), lambda *_: None)
