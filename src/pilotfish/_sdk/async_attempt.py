"""One try at one problem, as an asynchronous context manager."""

import time
from collections.abc import Mapping
from types import TracebackType

from pilotfish._sdk.attempt_base import Recording
from pilotfish._sdk.hint import Hint


class AsyncAttempt(Recording):
    """One try at one problem, made by `AsyncClient.attempt`; as `Attempt` otherwise."""

    async def advice(self, approaches: Mapping[str, str]) -> Hint:
        """Ask which of these approaches to try, as `Attempt.advice`; safe to cancel."""
        ends = time.monotonic() + self._session.deadline_s
        asked = self._session.ask(self.id, self.problem, self._problem_type, approaches)
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
