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
