"""A child process: started with its log in a file, stopped in order or killed."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from pilotfish.infra.embedded.interrupts import interrupts_held


class ChildProcess(ABC):
    """At most one process at a time, with its log in a file.

    It leads a session of its own: so Ctrl-C in the terminal does not reach it, and its own
    child processes end with it.

    Args:
        log: the file that its output is appended to.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @abstractmethod
    def launch(self) -> None:
        """Start the process; does not wait until it is of use.

        Raises:
            RequirementError: what it needs is in use.
        """

    def await_ready(self) -> None:  # noqa: B027 - most need nothing
        """Wait until the process is of use, where it can be asked.

        Raises:
            RequirementError: it exited during start-up.
        """

    @property
    def pid(self) -> int:
        """The process id of the newest start; asserts that there was one."""
        assert self._pid
        return self._pid

    def exit_status(self) -> int | None:
        """Return the exit status; None while the process runs, and where there is none."""
        return None if self._process is None else self._process.poll()

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

    def _run(
        self,
        command: Sequence[str],
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        with self.log.open("ab") as log, interrupts_held():
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=folder,
            )
            self._pid = self._process.pid

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class ServerProcess(ChildProcess):
    """A server that runs in a folder, within a `with` block or from start to stop.

    Args:
        folder: the folder that the server runs in.
        log: the file that its output is appended to.
        stop_within_s: how long an orderly stop may take before it is killed.
    """

    def __init__(self, folder: Path, log: Path, stop_within_s: float) -> None:
        super().__init__(log)
        self._folder = folder
        self._stop_within_s = stop_within_s

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RequirementError: what it needs is in use, or it exited during start-up.
        """
        self.launch()
        self.await_ready()

    def stop(self) -> None:
        """Stop the server in order, and kill it where that takes too long."""
        self.terminate()
        self.end(time.monotonic() + self._stop_within_s)

    def kill(self) -> None:
        """Kill the server without warning, as a power cut would."""
        assert self._process is not None
        self.end(0.0)

    def _launch(self, command: Sequence[str]) -> None:
        """Start the process; does not wait until it answers."""
        self._run(command, self._folder)

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _output(self) -> list[str]:
        """Return the lines that the server has logged since it was started last."""
        output = self.log.read_bytes()[self._log_start :]
        return output.decode(errors="replace").split("\n")
