"""Closes connections when the process ends, and lets a forked child start over."""

import atexit
import os
import sys
import time
import weakref
from typing import Final, Protocol

_ANSWER_TIMEOUT_S: Final = 1.2
"""For all connections together: without Kafka, a process ends within two seconds."""
_AT_LEAST_S: Final = 0.1
"""For each connection: the others were sending, too, while the first was waited for."""


class _Connection(Protocol):
    def close(self, answer_timeout_s: float) -> None: ...


class _Forked(Protocol):
    def after_fork(self) -> None: ...


_open: set[_Connection] = set()
_ever_opened: weakref.WeakSet[_Connection] = weakref.WeakSet()
"""Closed connections, too: what they still hold belongs to the parent all the same."""
_forked: weakref.WeakSet[_Forked] = weakref.WeakSet()
_finalizers: dict[int, object] = {}
"""By process id: a child starts with the parent's memory, but without its finalizers."""


def add(connection: _Connection) -> None:
    """Close this connection when the process ends."""
    _open.add(connection)
    _ever_opened.add(connection)
    # Children of multiprocessing end without atexit; their own finalizers run instead.
    if "multiprocessing.util" in sys.modules and os.getpid() not in _finalizers:
        from multiprocessing.util import Finalize

        _finalizers[os.getpid()] = Finalize(None, close_all, exitpriority=1)


def discard(connection: _Connection) -> None:
    """Forget a connection that is closed."""
    _open.discard(connection)


def call_after_fork(forked: _Forked) -> None:
    """Call `after_fork` in each child, as long as this object exists."""
    _forked.add(forked)


def close_all() -> None:
    """Close all open connections."""
    end = time.monotonic() + _ANSWER_TIMEOUT_S
    for connection in tuple(_open):
        connection.close(max(end - time.monotonic(), _AT_LEAST_S))


def _keep_forever(connection: _Connection) -> None:
    """Never free a connection that belongs to the parent.

    Kafka's client has threads in the parent only: freeing it in the child would wait for
    them forever. Not even the interpreter's shutdown may free it, so its reference count
    is raised for good.
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _reset_in_child() -> None:
    for connection in tuple(_ever_opened):
        _keep_forever(connection)
    _open.clear()
    _ever_opened.clear()
    for forked in tuple(_forked):
        forked.after_fork()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):  # Windows has neither fork nor this function
    os.register_at_fork(after_in_child=_reset_in_child)
