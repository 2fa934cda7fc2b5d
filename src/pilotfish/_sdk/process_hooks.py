"""What happens to open lines when the process ends or forks."""

import atexit
import os
import sys
import time
import weakref
from typing import Final, Protocol

_PATIENCE_S: Final = 1.2
"""For all lines together, where Kafka does not answer: a process whose Kafka is away ends within two seconds."""
_AT_LEAST_S: Final = 0.1
"""For each: the others were sending, too, while the first was waited for."""


class _Line(Protocol):
    def close(self, patience_s: float) -> None: ...

    def after_fork(self) -> None: ...


_open: set[_Line] = set()
_known: weakref.WeakSet[_Line] = weakref.WeakSet()
"""Closed ones, too: what they have left is the parent's all the same."""
_finalizers: dict[int, object] = {}
"""By process: a child begins with the parent's memory, but without its finalizers."""


def add(line: _Line) -> None:
    """Remember to close a line when the process ends."""
    _open.add(line)
    _known.add(line)
    # Children of multiprocessing end without atexit; their own list is called instead.
    if "multiprocessing.util" in sys.modules and os.getpid() not in _finalizers:
        from multiprocessing.util import Finalize

        _finalizers[os.getpid()] = Finalize(None, close_all, exitpriority=1)


def discard(line: _Line) -> None:
    """Forget a line that was closed."""
    _open.discard(line)


def close_all() -> None:
    """Close what is open."""
    end = time.monotonic() + _PATIENCE_S
    for line in tuple(_open):
        line.close(max(end - time.monotonic(), _AT_LEAST_S))


def keep_forever(handle: object) -> None:
    """Never let go of what belongs to the parent.

    Kafka's client has threads in the parent only: freeing it in the child would wait
    for them for ever. Not even the interpreter's end may free it, so it gets a
    reference that nobody holds.
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(handle))


def _in_the_child() -> None:
    _open.clear()
    for line in tuple(_known):
        line.after_fork()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_in_the_child)
