"""Garbage collection for processes that load much, or handle objects without cycles."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 50_000
"""Allocations before a collection: more than a batch of records makes."""


def tune_gc() -> None:
    """Collect garbage less often, and skip what is loaded: it took a third of the time.

    Modules are never freed, and a batch of events is thousands of objects without cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


@contextmanager
def loading() -> Iterator[None]:
    """Collect no garbage while modules load: of torch's 8 s it took two.

    What they made stays until the process ends, and later collections pass over it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # else nanobind tells of leaks at the end
        if was_on:
            gc.enable()
