"""Ends the processes of a parent that was killed and could not end them itself.

A small process of its own holds one end of a pipe. The parent writes which processes
live; once the pipe closes, the guardian ends those that are left. Neither a JVM nor a
process that is stuck has to cooperate. Run as a file, so that it loads nothing.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

_TERM_S = 4.0
_POLL_S = 0.05


class Guardian:
    """The parent's side: a `with` block, by whose end all processes must be released.

    Args:
        inherited: descriptors that the guardian keeps open as long as it lives, such as a
            lock's, which is then free only when the last process has ended.
    """

    def __init__(self, inherited: Sequence[int] = ()) -> None:
        self._inherited = inherited
        self._pids: set[int] = set()
        self._lock = threading.Lock()
        self._process = self._start()

    def __enter__(self) -> "Guardian":
        return self

    def __exit__(self, *_: object) -> None:
        self._pids.clear()
        self._tell()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self._process.pid

    def watch(self, pid: int) -> None:
        """End this process and its group if this one is killed."""
        with self._lock:
            self._pids.add(pid)
            self._tell()

    def release(self, pid: int) -> None:
        """Forget a process that has ended."""
        with self._lock:
            self._pids.discard(pid)
            self._tell()

    def keep(self) -> None:
        """Start the guardian again if it was killed."""
        with self._lock:
            if self._process.poll() is not None:
                self._process.communicate()
                self._process = self._start()
                self._tell()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            pass_fds=self._inherited,
            start_new_session=True,
        )

    def _tell(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # killed: `keep` starts it again
            self._process.stdin.write(" ".join(map(str, self._pids)) + "\n")
            self._process.stdin.flush()


def main() -> None:
    """Be the guardian: read the parent's pids until the pipe closes."""
    groups: list[int] = []
    for line in sys.stdin:
        groups = [int(pid) for pid in line.split()]
    for group in groups:
        _signal(group, signal.SIGCONT)
        _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + _TERM_S
    while time.monotonic() < deadline and any(_signal(group, 0) for group in groups):
        time.sleep(_POLL_S)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Signal a process group; False if there is none."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
