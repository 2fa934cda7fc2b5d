"""Runs statements in threads: some for clients, others for pilotfish's services."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from pilotfish.infra.embedded.clickhouse.chdb_engine import Engine
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.http_errors import (
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
    refusal,
)
from pilotfish.infra.embedded.clickhouse.request import Answer, Request
from pilotfish.infra.embedded.clickhouse.result_pipe import ResultPipe
from pilotfish.infra.embedded.clickhouse.sessions import Sessions

_CLIENT_THREADS = 16
_SERVICE_THREADS = 8
_FIRST_KILL_S = 0.02
_LAST_KILL_S = 1.0


class Statements:
    """The statements that run. One whose client leaves is asked to end until it does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._client_threads = ThreadPoolExecutor(_CLIENT_THREADS, "client")
        self._service_threads = ThreadPoolExecutor(_SERVICE_THREADS, "service")
        self._sessions = Sessions()
        self._running: set[str] = set()
        self._ending: set[asyncio.Task[None]] = set()

    async def run(
        self, request: Request, of_service: bool, pipe: ResultPipe | None = None
    ) -> Answer:
        """Run a statement; to cancel this is to end it, unless it stores data.

        Raises:
            EngineError: ClickHouse refused it, or its query_id is in use.
        """
        try:
            future = self._begin(request, of_service, pipe)
        except EngineError:
            if pipe is not None:
                pipe.close_writer()
            raise
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if request.statement.data is None:
                ending = asyncio.create_task(self._end(request.query_id, future))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
            raise

    def types(self, request: Request) -> list[str]:
        """Return the types of the columns of a statement that streams; blocks.

        Empty where they are not known, such as those of a session's temporary tables.
        """
        with suppress(EngineError):
            return self._engine.types(request)
        return []

    def _begin(
        self, request: Request, of_service: bool, pipe: ResultPipe | None
    ) -> Future[Answer]:
        if request.query_id in self._running:
            raise refusal(
                QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
                f"Query with id = {request.query_id} is already running.",
            )
        wanted, session = request.session, None
        if wanted is not None:
            session = self._sessions.lock(wanted)
        self._running.add(request.query_id)
        # A KILL must not wait for the statements that it is to end.
        at_once = of_service or request.statement.verb == b"KILL"
        threads = self._service_threads if at_once else self._client_threads
        writer = None if pipe is None else pipe.writer
        future = threads.submit(self._engine.run, request, writer, session)
        future.add_done_callback(lambda _: self._running.discard(request.query_id))
        if wanted is not None and session is not None:
            loop, unlock = asyncio.get_running_loop(), self._sessions.unlock
            future.add_done_callback(
                lambda _: loop.call_soon_threadsafe(unlock, wanted, session)
            )
        if pipe is not None:
            # Not earlier: another file could get the descriptor that the engine opens.
            future.add_done_callback(lambda _: pipe.close_writer())
        return future

    async def _end(self, query_id: str, future: Future[Answer]) -> None:
        """Ask again and again: it may only be about to begin."""
        pause_s = _FIRST_KILL_S
        while not future.done():
            with suppress(EngineError):
                await asyncio.to_thread(self._engine.kill, query_id)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LAST_KILL_S)
