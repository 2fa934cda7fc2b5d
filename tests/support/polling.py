"""Waiting for what is to come true: the one way in which tests wait."""

import time
from collections.abc import Callable

PATIENCE_S = 120.0
"""Generous: on a busy machine, what is right may still be slow."""


def eventually(
    question: Callable[[], object],
    answer: object = True,
    within_s: float = PATIENCE_S,
    every_s: float = 0.05,
) -> None:
    """Ask again until the answer is right; fail with the last one.

    Without an answer, anything true will do.
    """
    deadline = time.monotonic() + within_s
    while (last := question()) != answer and not (answer is True and last):
        assert time.monotonic() < deadline, f"{last!r} instead of {answer!r}"
        time.sleep(every_s)


def in_time(limit_s: float, run: Callable[[], float], tries: int = 5) -> None:
    """Show that `run`, which returns what it took, takes no longer than that.

    The best of a few tries counts: a busy machine slows some of them, whatever is run.
    """
    took: list[float] = []
    while not took or min(took) >= limit_s:
        assert len(took) < tries, f"took {took} s instead of {limit_s} s"
        took.append(run())
