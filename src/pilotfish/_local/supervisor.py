"""Supervises child processes: starts them, restarts them when they die, stops them."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

from pilotfish.infra.embedded.guardian import Guardian
from pilotfish.infra.embedded.process import ChildProcess
from pilotfish.schemas.errors import PilotfishError

RESTARTS: Final = 5
"""A process that dies this often within a minute is not restarted any more."""

_RESTART_WINDOW_S: Final = 60.0
_POLL_S: Final = 0.2
_NEXT_TRY_S: Final = 1.0
"""Between tries to start a process whose port is in use, or whose disk is full."""

Report = Callable[[str], object]
"""Shows a message to the user."""


class Child(ChildProcess):
    """One service: its command and its settings."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        super().__init__(log)
        self._command = list(command)
        self._environment = environment

    def launch(self) -> None:
        self._run(self._command, environment=self._environment)


@dataclass(slots=True)
class _Down:
    """A child that is to be restarted.

    Attributes:
        status: its exit status.
        failure: why it could not be restarted; empty before the first try.
        next_try: when to try again, on the monotonic clock.
    """

    status: int
    failure: str = ""
    next_try: float = 0.0


class Supervisor:
    """Runs children within its `with` block; reports each death.

    Args:
        children: by name; all are started together.
        guardian: ends them if this process is killed.
        report: called with a line for each death, and what was done about it.
        stop_within_s: how long the children may take to end, at the end.
    """

    def __init__(
        self,
        children: Mapping[str, ChildProcess],
        guardian: Guardian,
        report: Report,
        stop_within_s: float = 4.0,
    ) -> None:
        self._children = children
        self._guardian = guardian
        self._report = report
        self._stop_within_s = stop_within_s
        self._restarts: defaultdict[str, deque[float]] = defaultdict(
            partial(deque, maxlen=RESTARTS)
        )
        self._down: dict[str, _Down] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor")

    def __enter__(self) -> Self:
        """Start all children, and wait until those that are servers answer.

        Raises:
            RequirementError: what one of them needs is in use, or a server did not start.
        """
        try:
            for child in self._children.values():
                self._launch(child)
            for child in self._children.values():
                child.await_ready()
            self._thread.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def pids(self) -> dict[str, int]:
        """Return the process id of each child's newest start."""
        return {name: child.pid for name, child in self._children.items()}

    def _launch(self, child: ChildProcess) -> None:
        child.launch()
        self._guardian.watch(child.pid)

    def _end(self) -> None:
        """Stop all children in parallel, in the time that they have."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        deadline = time.monotonic() + self._stop_within_s
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            child.end(deadline)

    def _watch(self) -> None:
        while not self._stop.wait(_POLL_S):
            self._guardian.keep()
            for name, child in self._children.items():
                self._note_end(name, child)
                down = self._down.get(name)
                if down is not None and time.monotonic() >= down.next_try:
                    self._restart(name, child, down)

    def _note_end(self, name: str, child: ChildProcess) -> None:
        status = child.exit_status()
        if status is None:
            return
        self._guardian.release(child.pid)
        child.end(0.0)  # its child processes
        if self._may_restart(name):
            self._down[name] = _Down(status)
            return
        self._report(
            f"{name} ended {RESTARTS} times within a minute and is not restarted: "
            f"{_last_line(child.log)} (full log: {child.log})"
        )

    def _restart(self, name: str, child: ChildProcess, down: _Down) -> None:
        ended = f"{name} ended with status {down.status}"
        try:
            self._launch(child)
        except (PilotfishError, OSError) as error:
            down.next_try = time.monotonic() + _NEXT_TRY_S
            if str(error) != down.failure:
                down.failure = str(error)
                self._report(f"{ended} and cannot be restarted yet: {error}")
        else:
            del self._down[name]
            self._report(f"{ended} and was restarted")

    def _may_restart(self, name: str) -> bool:
        """Note a restart; False if there were too many within a minute."""
        now, restarts = time.monotonic(), self._restarts[name]
        if len(restarts) == RESTARTS and now - restarts[0] < _RESTART_WINDOW_S:
            return False
        restarts.append(now)
        return True


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else "its log is empty"
