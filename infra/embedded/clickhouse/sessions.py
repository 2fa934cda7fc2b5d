"""Sessions of clients: `SET`, `USE` and temporary tables live in one, as in ClickHouse."""

import asyncio
from dataclasses import dataclass
from typing import Any

from pilotfish.infra.embedded.clickhouse.http_errors import (
    SESSION_IS_LOCKED,
    SESSION_NOT_FOUND,
    refusal,
)
from pilotfish.infra.embedded.clickhouse.request import SessionRequest


@dataclass(slots=True)
class Session:
    """What lasts from one statement to the next: a connection of the engine."""

    connection: Any = None
    """None before the first statement."""
    locked: bool = False
    expiry: asyncio.TimerHandle | None = None


class Sessions:
    """The sessions by user and id, each for one statement at a time."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], Session] = {}

    def lock(self, wanted: SessionRequest) -> Session:
        """Return a session, new if need be, for one statement; `unlock` ends that.

        Raises:
            EngineError: 373, another statement runs in it; 372, it ought to exist.
        """
        session = self._sessions.get(wanted.key)
        if session is None:
            if wanted.must_exist:
                raise refusal(SESSION_NOT_FOUND, "Session not found.")
            session = self._sessions[wanted.key] = Session()
        if session.locked:
            raise refusal(
                SESSION_IS_LOCKED,
                f"Session {wanted.id} is locked by a concurrent client.",
            )
        session.locked = True
        if session.expiry is not None:
            session.expiry.cancel()
        return session

    def unlock(self, wanted: SessionRequest, session: Session) -> None:
        """Let the next statement in, until the session has not been used for too long."""
        session.locked = False
        if wanted.ends:
            self._close(wanted.key)
            return
        loop = asyncio.get_running_loop()
        session.expiry = loop.call_later(wanted.timeout_s, self._close, wanted.key)

    def _close(self, key: tuple[str, str]) -> None:
        session = self._sessions.pop(key)
        if session.connection is not None:
            loop = asyncio.get_running_loop()
            loop.run_in_executor(None, session.connection.close)
