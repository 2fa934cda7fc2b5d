"""Child processes that belong together: started, restarted when they die, stopped."""

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
"""A service that died this often within a minute is left dead: it would die again."""

_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.2
_STOP_WITHIN_S: Final = 4.0

Say = Callable[[str], object]


class Child:
    """One service: its command, its process, and when it was restarted.

    It leads a process group of its own: Ctrl-C in the terminal reaches only who
    supervises, and what the service started ends with it.
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
        """The process id; asserts that it was started."""
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

    def died(self) -> int | None:
        """Return the exit status, None while it runs."""
        return None if self._process is None else self._process.poll()

    def restart(self, now: float) -> bool:
        """Start it again, unless it dies too often."""
        self._signal(signal.SIGKILL)  # what it had started
        often = len(self._restarts) == RESTARTS
        if often and now - self._restarts[0] < _WITHIN_S:
            self._process = None
            return False
        self._restarts.append(now)
        self.start()
        return True

    def ask_to_end(self) -> None:
        self._signal(signal.SIGCONT)  # a paused one could not hear
        self._signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait until the deadline, then make it end, with all that it started."""
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
    """Runs children until it is left; `say` hears of each death."""

    def __init__(self, children: Mapping[str, Child], say: Say) -> None:
        self._children = children
        self._say = say
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._look, name="supervisor")

    def __enter__(self) -> Self:
        for child in self._children.values():
            child.start()
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all at once; takes four seconds at most."""
        self._stop.set()
        if self._watch.is_alive():
            self._watch.join()
        deadline = time.monotonic() + _STOP_WITHIN_S
        for child in self._children.values():
            child.ask_to_end()
        for child in self._children.values():
            child.end(deadline)

    def pids(self) -> dict[str, int]:
        """Return the process id of each service."""
        return {name: child.pid for name, child in self._children.items()}

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            for name, child in self._children.items():
                status = child.died()
                if status is not None:
                    self._revive(name, child, status)

    def _revive(self, name: str, child: Child, status: int) -> None:
        if child.restart(time.monotonic()):
            self._say(f"{name} ended with status {status} and was started again")
        else:
            self._say(
                f"{name} ended {RESTARTS} times within a minute and stays down: "
                f"{_last_words(child.log)} (all of it in {child.log})"
            )


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else "it said nothing"
