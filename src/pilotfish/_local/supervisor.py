"""Supervises child processes: starts them, restarts them when they die, stops them."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

RESTARTS: Final = 5
"""A service that dies this often within a minute is not restarted any more."""

_RESTART_WINDOW_S: Final = 60.0
_POLL_S: Final = 0.2
_STOP_TIMEOUT_S: Final = 4.0

Report = Callable[[str], object]
"""Shows a message to the user."""


class Child:
    """One service: its command, its process, and the times of its restarts.

    It leads a process group of its own: so Ctrl-C in the terminal reaches only the
    supervisor, and the service's own child processes end with it.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self._command = list(command)
        self._environment = {**os.environ, **environment}
        self._restarts: deque[float] = deque(maxlen=RESTARTS)
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log

    @property
    def pid(self) -> int:
        """The process id of a child that was started."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def exit_status(self) -> int | None:
        """Return the exit status; None while the process runs."""
        return None if self._process is None else self._process.poll()

    def restart(self, now: float) -> bool:
        """Restart the process; False if it dies too often."""
        self._signal(signal.SIGKILL)  # its child processes
        at_limit = len(self._restarts) == RESTARTS
        if at_limit and now - self._restarts[0] < _RESTART_WINDOW_S:
            self._process = None
            return False
        self._restarts.append(now)
        self.start()
        return True

    def terminate(self) -> None:
        """Ask the process to end."""
        self._signal(signal.SIGCONT)  # a paused process would not handle SIGTERM
        self._signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait until the deadline, then kill the process and its child processes."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class Supervisor:
    """Runs children within its `with` block; reports each death."""

    def __init__(self, children: Mapping[str, Child], report: Report) -> None:
        self._children = children
        self._report = report
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor")

    def __enter__(self) -> Self:
        for child in self._children.values():
            child.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all children in parallel; takes at most four seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            child.end(deadline)

    def pids(self) -> dict[str, int]:
        """Return the process id of each service."""
        return {name: child.pid for name, child in self._children.items()}

    def _watch(self) -> None:
        while not self._stop.wait(_POLL_S):
            for name, child in self._children.items():
                status = child.exit_status()
                if status is not None:
                    self._restart(name, child, status)

    def _restart(self, name: str, child: Child, status: int) -> None:
        if child.restart(time.monotonic()):
            self._report(f"{name} ended with status {status} and was restarted")
        else:
            self._report(
                f"{name} ended {RESTARTS} times within a minute and is not restarted: "
                f"{_last_line(child.log)} (full log: {child.log})"
            )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else "its log is empty"
