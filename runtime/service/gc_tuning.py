"""Garbage collection for services that handle many small objects without cycles."""

import gc

_YOUNG = 50_000
"""Objects made before the collector looks: more than a batch of records becomes."""


def tune_gc() -> None:
    """Let garbage collection look at less, less often: it took a third of the time.

    Modules stay for good, and a batch of events is thousands of objects without cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
