"""Readings of the platform's state while the demo runs, once a second."""

import json
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pilotfish.demo.strategies import FoundStrategy, found_strategies
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import progress
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError

_EVERY_S = 1.0
_RATE_OVER = 6
"""Readings to average events per second over, because the archive writes in batches."""

_TRAININGS = """
SELECT training_id, status, version, verdict, reason, metrics,
       dateDiff('second', started_at, coalesce(finished_at, now64(3))) AS seconds
FROM trainings FINAL WHERE tenant = {tenant:String} ORDER BY started_at
"""


@dataclass(frozen=True, slots=True)
class Training:
    """One row of `trainings`."""

    training_id: str
    status: str
    version: str = ""
    verdict: str = ""
    reason: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """The stage of a running training; `total` is 0 for a stage without steps."""

    name: str = ""
    step: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """The platform's state at one moment."""

    new_labels: int = 0
    events: int = 0
    events_per_s: float = 0.0
    trainings: tuple[Training, ...] = ()
    stage: Stage = Stage()
    strategies: tuple[FoundStrategy, ...] = ()

    @property
    def running(self) -> Training | None:
        """The training that runs now."""
        running = [each for each in self.trainings if each.status == "started"]
        return running[-1] if running else None

    @property
    def in_service(self) -> str:
        """The version of the newest promoted advisor; "base" before the first."""
        promoted = [
            each.version for each in self.trainings if each.verdict == "promoted"
        ]
        return promoted[-1] if promoted else "base"

    @property
    def in_strategies(self) -> int:
        """How many attempts have a strategy that was found."""
        return sum(strategy.attempts for strategy in self.strategies)

    def first_verdict_due(self, train_at: int) -> bool:
        """Return whether the first training runs, or is about to start."""
        if any(training.status != "started" for training in self.trainings):
            return False
        return self.running is not None or self.new_labels >= train_at


class Monitor:
    """Reads ClickHouse in a thread of its own; `reading` is the newest reading."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clickhouse = ClickHouse(settings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._counts: deque[tuple[float, int]] = deque(maxlen=_RATE_OVER)
        self.reading = Reading()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        self._clickhouse.close()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            try:
                self.reading = self._read()
            except PilotfishError:
                continue  # the screen shows the last reading until the next second

    def _read(self) -> Reading:
        tenant = {"tenant": self._settings.tenant}
        ((events,),) = self._clickhouse.query(
            "SELECT count() FROM events WHERE tenant = {tenant:String}", tenant
        )
        self._counts.append((time.monotonic(), events))
        rows = self._clickhouse.query(_TRAININGS, tenant)
        return Reading(
            new_labels=progress(self._clickhouse, self._settings.tenant).new_labels,
            events=events,
            events_per_s=_rate(self._counts),
            trainings=tuple(_training(row) for row in rows),
            stage=_stage(self._settings.models / self._settings.tenant),
            strategies=found_strategies(self._clickhouse, self._settings.tenant),
        )


def _rate(counts: Sequence[tuple[float, int]]) -> float:
    (began, before), (ended, after) = counts[0], counts[-1]
    return (after - before) / (ended - began) if ended > began else 0.0


def _training(row: Sequence[Any]) -> Training:
    training_id, status, version, verdict, reason, metrics, seconds = row
    return Training(
        training_id,
        status,
        version,
        verdict,
        reason,
        json.loads(metrics or "{}"),
        seconds,
    )


def _stage(folder: Path) -> Stage:
    try:
        state = json.loads((folder / "training.json").read_text())
    except (OSError, ValueError):
        return Stage()
    return Stage(state.get("stage", ""), state.get("step", 0), state.get("total", 0))
