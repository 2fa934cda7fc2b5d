"""What the platform says of itself while the demo runs, read once a second."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotfish.schemas.errors import PilotfishError
from pilotfish.schemas.settings import Settings
from pilotfish.streams.clickhouse import ClickHouse
from pilotfish.streams.progress import progress

_EVERY_S = 1.0

_TRAININGS = """
SELECT status, version, verdict, reason, metrics,
       dateDiff('second', started_at, coalesce(finished_at, now64(3))) AS seconds
FROM trainings FINAL WHERE tenant = {tenant:String} ORDER BY started_at
"""


@dataclass(frozen=True, slots=True)
class Training:
    """One row of `trainings`."""

    status: str
    version: str
    verdict: str
    reason: str
    metrics: dict[str, Any]
    seconds: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The platform at one moment; `stage` is where a running training is."""

    new_labels: int = 0
    events: int = 0
    events_per_s: float = 0.0
    trainings: tuple[Training, ...] = ()
    stage: str = ""

    @property
    def running(self) -> bool:
        """Whether a training is under way."""
        return any(training.status == "started" for training in self.trainings)


class Monitor:
    """Reads ClickHouse in a thread of its own; `seen` is the newest reading."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clickhouse = ClickHouse(settings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self.seen = Seen()

    def __enter__(self) -> "Monitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            try:
                self.seen = self._read(self.seen)
            except PilotfishError:
                continue  # the next second asks again; the screen shows the last

    def _read(self, before: Seen) -> Seen:
        tenant = {"tenant": self._settings.tenant}
        ((events,),) = self._clickhouse.query(
            "SELECT count() FROM events WHERE tenant = {tenant:String}", tenant
        )
        return Seen(
            new_labels=progress(self._clickhouse, self._settings.tenant).new_labels,
            events=events,
            events_per_s=max(0, events - before.events) / _EVERY_S,
            trainings=tuple(
                Training(*row[:4], json.loads(row[4] or "{}"), row[5])
                for row in self._clickhouse.query(_TRAININGS, tenant)
            ),
            stage=_stage(self._settings.models / self._settings.tenant),
        )


def _stage(folder: Path) -> str:
    try:
        state = json.loads((folder / "training.json").read_text())
    except (OSError, ValueError):
        return ""
    step, total = state.get("step"), state.get("total")
    return (
        f"{state.get('stage', '')} {step}/{total}" if total else state.get("stage", "")
    )
