"""Closes open sessions when the process ends, and resets them in a forked child."""

import atexit
import os
import sys
import time
import weakref
from typing import Final, Protocol

_ANSWER_TIMEOUT_S: Final = 1.2
"""For all sessions together: without Kafka, a process ends within two seconds."""
_AT_LEAST_S: Final = 0.1
"""For each session: the others were sending, too, while the first was waited for."""


class _Session(Protocol):
    def close(self, answer_timeout_s: float) -> None: ...

    def after_fork(self) -> None: ...


_open: set[_Session] = set()
_ever_opened: weakref.WeakSet[_Session] = weakref.WeakSet()
"""Closed sessions, too: what they still hold belongs to the parent all the same."""
_finalizers: dict[int, object] = {}
"""By process id: a child starts with the parent's memory, but without its finalizers."""


def add(session: _Session) -> None:
    """Close this session when the process ends."""
    _open.add(session)
    _ever_opened.add(session)
    # Children of multiprocessing end without atexit; their own finalizers run instead.
    if "multiprocessing.util" in sys.modules and os.getpid() not in _finalizers:
        from multiprocessing.util import Finalize

        _finalizers[os.getpid()] = Finalize(None, close_all, exitpriority=1)


def discard(session: _Session) -> None:
    """Forget a session that is closed."""
    _open.discard(session)


def close_all() -> None:
    """Close all open sessions."""
    end = time.monotonic() + _ANSWER_TIMEOUT_S
    for session in tuple(_open):
        session.close(max(end - time.monotonic(), _AT_LEAST_S))


def keep_forever(handle: object) -> None:
    """Never free an object that belongs to the parent.

    Kafka's client has threads in the parent only: freeing it in the child would wait for
    them forever. Not even the interpreter's shutdown may free it, so its reference count
    is raised for good.
    """
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(handle))


def _reset_in_child() -> None:
    _open.clear()
    for session in tuple(_ever_opened):
        session.after_fork()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):  # Windows has neither fork nor this function
    os.register_at_fork(after_in_child=_reset_in_child)
