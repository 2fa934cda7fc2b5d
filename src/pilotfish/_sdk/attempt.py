"""One try at one problem, as a context manager."""

import time
from collections.abc import Mapping
from types import TracebackType

from pilotfish._sdk.attempt_base import Recording
from pilotfish._sdk.hint import Hint


class Attempt(Recording):
    """One try at one problem, made by `Client.attempt`.

    Leaving the block ends it: as `succeed` or `fail` said, else "unknown". An exception
    is published as a failure, or as infrastructure's fault, and goes on untouched.
    """

    def advice(self, approaches: Mapping[str, str]) -> Hint:
        """Ask which of these approaches to try; waits until the client's deadline.

        Never raises: without an answer in time, and for arguments that make no request,
        the hint abstains and says why.

        Args:
            approaches: up to 64 names, each with one session of instruction.
        """
        ends = time.monotonic() + self._session.deadline_s
        asked = self._session.ask(self.id, self.problem, self._problem_type, approaches)
        if isinstance(asked, Hint):
            return self._remember(asked)
        self._remember(asked.unanswered("deadline"))
        return self._remember(asked.wait(ends - time.monotonic()))

    def __enter__(self) -> "Attempt":
        self._enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(error)
