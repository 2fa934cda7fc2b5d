"""The connections of this process: clients with equal settings share one.

A client that is garbage is found by a finalizer, which may run at any point of any thread
and so takes no lock: it only notes that the client is gone. The publisher's thread of the
connection sees that, and closes the connection once nobody uses it and all is sent.
"""

import threading
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from pilotfish._sdk import process_hooks
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.warnings import Warnings

if TYPE_CHECKING:
    from pilotfish._sdk.connection import Connection

ANSWER_TIMEOUT_S: Final = 1.2
"""How long `close` waits for a Kafka that does not answer."""
LINGER_S: Final = 0.5
"""How long an unused connection waits for a next client, such as that of a next request."""

_WARNINGS: Final = Warnings()


class Users:
    """The clients that use one connection.

    Args:
        on_unused: called once, by the publisher's thread.
    """

    def __init__(self, on_unused: Callable[[], None]) -> None:
        self._on_unused: Callable[[], None] | None = on_unused
        self._users: set[object] = set()
        self._any_dropped = False
        self._unused_since: float | None = None

    def __bool__(self) -> bool:
        return bool(self._users)

    def add(self, user: object) -> None:
        """Add a client."""
        self._users.add(user)

    def leave(self, user: object) -> None:
        """Remove a client that is closed."""
        self._users.discard(user)

    def drop(self, user: object) -> None:
        """Remove a client that is garbage; for finalizers."""
        self._any_dropped = True
        self._users.discard(user)

    def look(self, *, settled: bool) -> None:
        """Say that a client was dropped; find out whether the connection is unused.

        Called by the publisher's thread at each turn; `settled` if no event waits.
        """
        if self._any_dropped:
            _WARNINGS.once(
                "make one client for each process, or close each in a `with` block",
                "a client was dropped without close(); its events are sent all the same",
            )
        if self._users or not settled or self._on_unused is None:
            self._unused_since = None
        elif self._unused_since is None:
            self._unused_since = time.monotonic()
        elif time.monotonic() - self._unused_since >= LINGER_S:
            on_unused, self._on_unused = self._on_unused, None
            on_unused()


OpenConnection = Callable[[Users], "Connection"]
"""Opens a connection for these users; must not wait for a server."""


class Joined(NamedTuple):
    """A connection, and what it had counted before this client used it."""

    connection: "Connection"
    before: Stats


class SharedConnections:
    """Opens, shares and closes connections; safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[Hashable, Connection] = {}
        process_hooks.call_after_fork(self)

    def join(
        self, key: Hashable, open_connection: OpenConnection, user: object
    ) -> Joined:
        """Return the open connection with this key, or a new one."""
        with self._lock:
            connection = self._connections.get(key)
            if connection is not None and not connection.closed:
                connection.users.add(user)
                return Joined(connection, connection.stats())
            users = Users(partial(self._close_unused, key))
            users.add(user)
            connection = self._connections[key] = open_connection(users)
            process_hooks.add(connection)
            return Joined(connection, Stats())

    def leave(
        self, connection: "Connection", user: object, answer_timeout_s: float
    ) -> None:
        """Send what is queued; close the connection if nobody else uses it."""
        with self._lock:
            connection.users.leave(user)
            unused = not connection.users
            if unused:
                self._forget(connection)
        if unused:
            connection.close(answer_timeout_s)
        else:
            connection.publisher.settle(answer_timeout_s)

    def after_fork(self) -> None:
        """Start over in the child; the parent's connections are left untouched."""
        # A new lock, too: a thread that the child does not have may have held the old one.
        self._lock = threading.Lock()
        self._connections = {}

    def _close_unused(self, key: Hashable) -> None:
        with self._lock:
            connection = self._connections.get(key)
            if connection is None or connection.users:
                return
            self._forget(connection)
        # Closing waits for the publisher's thread, which is this one.
        threading.Thread(
            target=connection.close,
            args=(ANSWER_TIMEOUT_S,),
            name="pilotfish-closing",
            daemon=True,
        ).start()

    def _forget(self, connection: "Connection") -> None:
        others = self._connections.items()
        self._connections = {key: one for key, one in others if one is not connection}


CONNECTIONS: Final = SharedConnections()
