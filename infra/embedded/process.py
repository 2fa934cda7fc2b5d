"""A server as a child process: started with its log in a file, stopped in order or killed."""

import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Self


class ServerProcess(ABC):
    """At most one process at a time, in a session of its own: Ctrl-C does not reach it.

    Args:
        folder: the folder that the server runs in.
        log: the file that its output is appended to.
        stop_within_s: how long an orderly stop may take before it is killed.
    """

    def __init__(self, folder: Path, log: Path, stop_within_s: float) -> None:
        self._folder = folder
        self._log = log
        self._log_start = 0
        self._stop_within_s = stop_within_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RequirementError: what it needs is in use, or it exited during start-up.
        """

    @property
    def pid(self) -> int:
        """The process id; asserts that the server was started."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Stop the server in order, and kill it where that takes too long."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)  # a paused process handles no SIGTERM
        self._process.terminate()
        try:
            self._process.wait(self._stop_within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Kill the server without warning, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def _launch(self, command: Sequence[str]) -> None:
        """Start the process; does not wait until it answers."""
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self._folder,
            )

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _output(self) -> list[str]:
        """Return the lines that the server has logged since it was started last."""
        output = self._log.read_bytes()[self._log_start :]
        return output.decode(errors="replace").split("\n")
