"""What the demo waits for before it reports."""

import time

from pilotfish.demo.monitor import Monitor
from pilotfish.runtime.console import waiting

_NEARLY_ALL = 0.99
_LOOK_EVERY_S = 0.5


def await_verdict(monitor: Monitor, train_at: int, deadline: float) -> None:
    """Wait until the first training has its verdict; later trainings may run on."""
    with waiting("waiting for the training's verdict") as now:
        while (reading := monitor.reading).first_verdict_due(
            train_at
        ) and time.monotonic() < deadline:
            now(f"waiting for the training's verdict: {reading.stage.name}")
            time.sleep(_LOOK_EVERY_S)


def await_strategies(monitor: Monitor, attempts: int, deadline: float) -> None:
    """Wait until nearly all attempts have a strategy; what is rare never gets one."""
    with waiting("waiting for the memory to look at the last attempts"):
        while (
            monitor.reading.in_strategies < _NEARLY_ALL * attempts
            and time.monotonic() < deadline
        ):
            time.sleep(_LOOK_EVERY_S)
