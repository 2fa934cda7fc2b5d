"""A training as a child process of the trigger, and the meaning of its exit status."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final, Literal, Protocol

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

Outcome = Literal["done", "busy", "unequipped", "failed"]

_OUTCOMES: Final[Mapping[int, Outcome]] = {
    os.EX_OK: "done",
    os.EX_TEMPFAIL: "busy",  # another training of this tenant holds the lock
    os.EX_UNAVAILABLE: "unequipped",  # the extra `train` is not installed
}
"""By exit status, as `trainers/__main__.py` says; any other one is a failure."""

_VERDICT: Final = """
SELECT training_id, version, verdict FROM trainings FINAL
WHERE tenant = {tenant:String} AND status = 'finished'
ORDER BY finished_at DESC, training_id DESC LIMIT 1
"""


class Training(Protocol):
    """A running training of one tenant."""

    def outcome(self) -> Outcome | None:
        """Return how the training ended, or None while it runs; never blocks."""

    def end(self, timeout_s: float) -> None:
        """Ask the training to end; after the timeout, kill it."""


class TrainingProcess:
    """`python -m pilotfish.trainers`, in the same Python as this process."""

    def __init__(self, settings: Settings, tenant: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pilotfish.trainers", "--tenant", tenant],
            env={**os.environ, **settings.environment(), "PILOTFISH_TENANT": tenant},
            stdin=subprocess.DEVNULL,
        )

    @property
    def pid(self) -> int:
        """The process id, for logs and for tests that kill the process."""
        return self._process.pid

    def outcome(self) -> Outcome | None:
        status = self._process.poll()
        return None if status is None else _OUTCOMES.get(status, "failed")

    def end(self, timeout_s: float) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def newest_verdict(clickhouse: ClickHouse, tenant: str) -> dict[str, str]:
    """Return training_id, version and verdict of the tenant's newest finished training.

    Empty where there is none; raises as `ClickHouse.query`.
    """
    for row in clickhouse.query(_VERDICT, {"tenant": tenant}):
        return dict(zip(("training_id", "version", "verdict"), row, strict=True))
    return {}
