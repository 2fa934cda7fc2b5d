"""One try at one problem, as an asynchronous context manager."""

import time
from collections.abc import Mapping
from types import TracebackType

from pilotfish._sdk.attempt_base import AttemptBase
from pilotfish._sdk.hint import Hint


class AsyncAttempt(AttemptBase):
    """One try at one problem, made by `AsyncClient.attempt`; as `Attempt` otherwise."""

    async def advice(self, approaches: Mapping[str, str] | None = None) -> Hint:
        """Ask which of these approaches to try, as `Attempt.advice`; safe to cancel."""
        began_ns, deadline = time.time_ns(), time.monotonic() + self._session.deadline_s
        pending = self._ask(approaches)
        if isinstance(pending, Hint):
            return self._decide(pending, began_ns)
        # Remembered before the wait, in case that is cancelled.
        self._remember(pending.abstention("deadline"))
        hint = await pending.wait_async(deadline - time.monotonic())
        return self._decide(hint, began_ns)

    async def next_move(self) -> Hint:
        """Ask what to do next, as `Attempt.next_move`; safe to cancel."""
        began_ns, deadline = time.time_ns(), time.monotonic() + self._session.deadline_s
        pending = self._ask_next()
        if isinstance(pending, Hint):
            return pending
        hint = await pending.wait_async(deadline - time.monotonic())
        return self._shown(hint, began_ns)

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
