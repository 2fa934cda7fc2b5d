"""The client for asyncio."""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from pilotfish._sdk.async_attempt import AsyncAttempt
from pilotfish._sdk.client import Client
from pilotfish._sdk.hint import Hint
from pilotfish._sdk.memory import AsyncMemory
from pilotfish._sdk.session import Session
from pilotfish._sdk.single import Single
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.subscription import Subscription


class AsyncClient(Single):
    """`Client` for asyncio, made by `connect_async` and opened by `async with`.

    Recording steps, signals and outcomes never blocks, so these are plain calls; `advice`,
    `flush` and `close` are awaited.
    """

    def __init__(self, session: Session, tenant: str | None = None) -> None:
        self._session = session
        self._client = Client(session, tenant)
        self.watch = self._client.watch
        """A decorator: each call of the function is an attempt. See `Watch`."""
        self.memory = AsyncMemory(self._client.memory)
        """Past attempts at similar problems; `search` is awaited."""

    def attempt(
        self,
        problem: str,
        *,
        problem_type: str = "",
        approach: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> AsyncAttempt:
        """Start an attempt, as `Client.attempt`; use it in `async with`."""
        return AsyncAttempt(self._session, problem, problem_type, approach, attributes)

    def resume(
        self, attempt_id: str, problem: str = "", *, problem_type: str = ""
    ) -> AsyncAttempt:
        """Take up an attempt that began elsewhere, as `Client.resume`."""
        return AsyncAttempt(
            self._session, problem, problem_type, None, None, attempt_id
        )

    def feedback(
        self,
        attempt_id: str,
        value: float | str | None,
        source: str = "user",
        detail: str = "",
        *,
        scale: float | tuple[float, float] | None = None,
    ) -> None:
        """Record how an attempt went, as `Client.feedback`."""
        self._client.feedback(attempt_id, value, source, detail, scale=scale)

    def on_hint(self, callback: Callable[[Hint], object]) -> Subscription:
        """Call `callback` in the running event loop for every hint of the tenant."""
        loop = asyncio.get_running_loop()
        return self._client.on_hint(
            lambda hint: loop.call_soon_threadsafe(callback, hint)
        )

    def stats(self) -> Stats:
        """Return how many events were sent, queued, dropped and so on, so far."""
        return self._client.stats()

    async def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until every event is settled, as `Client.flush`; False on timeout."""
        return await asyncio.to_thread(self._client.flush, timeout_s)

    async def close(self) -> None:
        """Send what is queued, then close, as `Client.close`."""
        await asyncio.to_thread(self._client.close)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._session.open)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
