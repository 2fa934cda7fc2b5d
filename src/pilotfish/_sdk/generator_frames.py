"""Blocks in generators.

A generator shares the context of whoever reads it, so what it sets there would be seen by
its reader, too. A block in a generator remembers its frame: suspended, it has no caller.
"""

import inspect
import sys
from types import FrameType
from typing import Final

_FLAGS: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_DRIVERS: Final = ("_pytest.", "contextlib", "pytest_asyncio.")
"""Packages that make a block out of a generator: what it opens is meant for others."""


class GeneratorFrame:
    """The frame of a generator in which a block began."""

    def __init__(self, frame: FrameType) -> None:
        self._frame = frame
        is_async = frame.f_code.co_flags & inspect.CO_ASYNC_GENERATOR
        self._task = _current_task() if is_async else None

    @classmethod
    def around(cls, frame: FrameType | None) -> "GeneratorFrame | None":
        """Return the generator in which code of this frame begins a block, or None."""
        while frame is not None:
            caller, is_generator = frame.f_back, frame.f_code.co_flags & _FLAGS
            if not _drives(frame) and not (is_generator and _drives(caller)):
                return cls(frame) if is_generator else None
            frame = caller
        return None

    @property
    def runs(self) -> bool:
        """Whether the generator runs, or may be waiting for the code that asks."""
        if self._frame.f_back is not None:
            return True
        # An asynchronous generator has no caller either while it awaits others. Its own
        # task asks: then it is at a `yield`. Another task may be what it awaits.
        return self._task is not None and self._task is not _current_task()


def _drives(frame: FrameType | None) -> bool:
    return frame is not None and str(frame.f_globals.get("__name__")).startswith(
        _DRIVERS
    )


def _current_task() -> object | None:
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.current_task() if asyncio else None
    except RuntimeError:  # no event loop runs in this thread
        return None
