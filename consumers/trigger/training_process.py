"""Trainings as child processes of the trigger, and the meaning of their exit status."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
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

_UNLOAD_S: Final = 1.0

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
    """A running `python -m pilotfish.trainers`."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The process id, for logs and for tests that kill the process."""
        return self._process.pid

    def outcome(self) -> Outcome | None:
        status = self._process.poll()
        return None if status is None else _OUTCOMES.get(status, "failed")

    def end(self, timeout_s: float) -> None:
        _end(self._process, timeout_s)


class TrainingProcesses:
    """Starts trainings, in the same Python as this process.

    One that is due soon is loaded before: importing torch and what stands on it takes
    longer than anything else until the first step.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: subprocess.Popen[bytes] | None = None

    def start(self, tenant: str) -> TrainingProcess:
        """Start a training of a tenant, in the loaded process if there is one."""
        loaded, self._loaded = self._loaded, None
        if loaded is not None and _told(loaded, tenant):
            return TrainingProcess(loaded)
        return TrainingProcess(self._open(subprocess.DEVNULL, "--tenant", tenant))

    def load(self) -> None:
        """Let a process load what a training needs, and wait; once until the next start."""
        if self._loaded is None:
            self._loaded = self._open(subprocess.PIPE, "--when-told")

    def unload(self) -> None:
        """End the process that waits, if there is one."""
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            assert loaded.stdin is not None
            loaded.stdin.close()
            _end(loaded, _UNLOAD_S)

    def _open(self, stdin: int, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "pilotfish.trainers", *arguments],
            env={**os.environ, **self._settings.environment()},
            stdin=stdin,
        )


def _told(loaded: "subprocess.Popen[bytes]", tenant: str) -> bool:
    """Tell a loaded process whom to train; return whether it was there to hear it."""
    assert loaded.stdin is not None
    with suppress(BrokenPipeError), loaded.stdin as line:
        line.write(f"{tenant}\n".encode())
    return loaded.poll() is None


def _end(process: "subprocess.Popen[bytes]", timeout_s: float) -> None:
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def newest_verdict(clickhouse: ClickHouse, tenant: str) -> dict[str, str]:
    """Return training_id, version and verdict of the tenant's newest finished training.

    Empty where there is none; raises as `ClickHouse.query`.
    """
    for row in clickhouse.query(_VERDICT, {"tenant": tenant}):
        return dict(zip(("training_id", "version", "verdict"), row, strict=True))
    return {}
