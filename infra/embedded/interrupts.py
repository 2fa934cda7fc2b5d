"""SIGINT and SIGTERM in a process that has child processes to end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def raise_at_first_interrupt() -> None:
    """Let the first SIGINT or SIGTERM raise KeyboardInterrupt, and ignore the others.

    The first one begins an orderly end, which nothing may cut off. Only for the main
    thread. A background job of a shell, which ignores SIGINT, handles it from then on.
    """
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let signals wait until the block is left, so that no process is lost in its start.

    Other threads than the main one are never interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
    for received in waiting[:1]:
        signal.raise_signal(received)
