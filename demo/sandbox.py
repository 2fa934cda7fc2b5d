"""Runs approaches in a separate process, which is killed after the time limit.

Solvers in C (z3, CP-SAT) cannot be interrupted from Python; a process can be killed.
Processes are forked from a server that has imported the solvers once, so that a new
process starts within milliseconds and does not inherit the agent's threads and sockets.
"""

import importlib
import multiprocessing
import resource
import signal
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from pilotfish.demo.approaches import INSTRUCTIONS
from pilotfish.demo.reading.text import NotApplicableError
from pilotfish.demo.trail import Listener, listening
from pilotfish.schemas.errors import RequirementError

_MODULE = "pilotfish.demo.approaches."
_MEMORY = 2 * 1024**3
"""Bytes of address space; the solvers' libraries alone map half a gigabyte."""
_START_S = 60.0
"""The first process waits for the imports, on a busy machine."""


class Sandbox:
    """One process that tries one approach at a time; restarted after each kill.

    Not safe to share among threads. Raises RequirementError when no process starts.
    """

    def __init__(self, time_limit_s: float) -> None:
        self._limit_s = time_limit_s
        self._context = multiprocessing.get_context("forkserver")
        # `pilotfish._cli` as well: a new process imports the main program.
        self._context.set_forkserver_preload(
            ["pilotfish._cli", *(_MODULE + name for name in INSTRUCTIONS)]
        )
        self._start()

    def solve(self, text: str, approach: str, moved: Listener) -> str:
        """Return an answer, right or wrong, or raise NotApplicableError.

        Calls `moved` with each move, also of a try that is killed.
        """
        try:
            self._connection.send((text, approach))
            in_time, (answer, error) = self._reply(moved)
        except (EOFError, ConnectionError):
            self._restart()
            raise NotApplicableError("the solver's process died") from None
        if not in_time:
            self._restart()
            raise NotApplicableError(f"no answer within {self._limit_s:g} s")
        if answer is None:
            raise NotApplicableError(error)
        return str(answer)

    def _reply(self, moved: Listener) -> tuple[bool, tuple[str | None, str]]:
        """Return whether a reply came in time, and the reply."""
        deadline = time.monotonic() + self._limit_s
        while self._connection.poll(max(0.0, deadline - time.monotonic())):
            received = self._connection.recv()
            if not isinstance(received, str):
                return True, received
            moved(received)
        return False, (None, "")

    @property
    def pid(self) -> int:
        """The id of the process."""
        return int(self._process.pid or 0)

    def close(self) -> None:
        """Kill the process, and only then disconnect: it would complain of that."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._connection.close()

    def _restart(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        self._connection, child_end = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve, args=(child_end, self._limit_s), daemon=True
        )
        self._process.start()
        child_end.close()
        try:
            ready = self._connection.poll(_START_S) and self._connection.recv()
        except EOFError:
            ready = False
        if not ready:
            self.close()
            raise RequirementError(
                "the demo's solvers do not start: install the extra `pilotfish[demo]`"
            )


def _serve(connection: Connection, limit_s: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the agent stops this process
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    connection.send(True)
    with suppress(EOFError, ConnectionError):  # the agent has ended
        while True:
            _serve_one(connection, limit_s)


def _serve_one(connection: Connection, limit_s: float) -> None:
    text, approach = connection.recv()
    # The kernel ends a solver that hangs after the agent itself was killed.
    signal.setitimer(signal.ITIMER_REAL, 2 * limit_s)
    with listening(connection.send):
        reply = _try(text, approach)
    connection.send(reply)
    signal.setitimer(signal.ITIMER_REAL, 0)


def _try(text: str, approach: str) -> tuple[str | None, str]:
    try:
        return importlib.import_module(_MODULE + approach).solve(text), ""
    except Exception as error:  # noqa: BLE001 - any exception is a failed try
        return None, f"{type(error).__name__}: {error}"[:500]
