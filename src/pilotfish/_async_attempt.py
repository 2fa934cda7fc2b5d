"""One try at one problem, as an asynchronous context manager."""

import time
from collections.abc import Mapping
from types import TracebackType

from pilotfish._hint import Hint
from pilotfish._recording import Recording


class AsyncAttempt(Recording):
    """One try at one problem, made by `AsyncClient.attempt`; as `Attempt` otherwise."""

    async def advice(self, approaches: Mapping[str, str]) -> Hint:
        """Ask which of these approaches to try, as `Attempt.advice`; safe to cancel."""
        ends = time.monotonic() + self._line.deadline_s
        asked = self._line.ask(self.id, self.problem, self._problem_type, approaches)
        if isinstance(asked, Hint):
            return self._remember(asked)
        self._remember(asked.unanswered("deadline"))
        return self._remember(await asked.wait_async(ends - time.monotonic()))

    async def __aenter__(self) -> "AsyncAttempt":
        self._enter()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(error)
