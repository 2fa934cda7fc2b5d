"""Waiting for what is to come true."""

import time
from collections.abc import Callable


def eventually(question: Callable[[], object], within_s: float = 60.0) -> None:
    """Ask again until it is true."""
    deadline = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.02)
