"""The way out of the agent's process: opened when needed, and again after a fork."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from pilotfish._sdk import process_hooks
from pilotfish._sdk.hint import Hint, Question
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.subscription import Subscription
from pilotfish._sdk.warnings import LOG, Warnings
from pilotfish.schemas.errors import SchemaError

if TYPE_CHECKING:
    from pilotfish._sdk.connection import Connection
    from pilotfish.schemas.advice import HintGiven

PATIENCE_S: Final = 1.2
"""At the end, how long a Kafka that does not answer is waited for."""


class Session:
    """Between the agent and its connection; only opening raises into the agent.

    Args:
        open_connection: opens a connection; must not wait for a server.
        deadline_s: how long advice may take, from the call on.
    """

    def __init__(
        self, open_connection: Callable[[], "Connection"], deadline_s: float
    ) -> None:
        self.deadline_s = deadline_s
        self._open_connection = open_connection
        self._warnings = Warnings()
        self._connection: Connection | None = None
        self._closed = False
        self._fresh()

    def open(self) -> "Connection":
        """Return the connection of this process; opens it if there is none.

        Raises:
            ConfigurationError: no connection can be made with these settings.
        """
        with self._lock:
            if self._connection is None:
                self._connection = self._open_connection()
                process_hooks.add(self)
            return self._connection

    def publish(self, draft: PendingEvent) -> None:
        """Queue an event; never waits, never raises."""
        try:
            if self._connection is None and self._closed:
                self._late += 1
            else:
                self._here().publisher.publish(draft)
        except Exception as error:  # noqa: BLE001 - the promise to the agent
            self._late += 1
            self._warnings.once(repr(error), "an event was dropped")

    def ask(
        self,
        attempt_id: str,
        problem: str,
        problem_type: str,
        approaches: Mapping[str, str],
    ) -> Question | Hint:
        """Send a request for advice; what cannot be sent abstains at once."""
        try:
            if self._closed:
                return _abstention(attempt_id, "unreachable", "the client is closed")
            advice_requests = self._here().advice_requests
            return advice_requests.ask(attempt_id, problem, problem_type, approaches)
        except SchemaError as error:
            self._warnings.once(str(error), "advice was not asked for")
            return _abstention(attempt_id, "invalid", str(error))
        except Exception as error:  # noqa: BLE001 - the promise to the agent
            LOG.exception("advice was not asked for")
            return _abstention(attempt_id, "unreachable", repr(error))

    def subscribe(self, callback: Callable[[Hint], object]) -> Subscription:
        """Call back for every hint of the tenant, in another thread.

        Raises:
            ConfigurationError: no connection can be made with these settings.
        """
        connection = self.open()

        def call_back(given: "HintGiven") -> None:
            try:
                callback(Hint.of(given))
            except Exception:  # noqa: BLE001 - the user's function may do anything
                LOG.exception("the callback for hints raised; it stays subscribed")

        transport = connection.transport
        return Subscription(transport.subscribe(connection.tenant, call_back))

    def stats(self) -> Stats:
        """Return the numbers of this process."""
        if self._connection is None:
            return Stats(dropped=self._late)
        return self._connection.stats(also_dropped=self._late)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything is settled; False if time is over before."""
        connection = self._connection
        if connection is None:
            return True
        return connection.publisher.flush(timeout_s)

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Send what is queued while Kafka takes it, then close; idempotent."""
        with self._lock:
            closed, self._closed = self._closed, True
        if closed or self._connection is None:
            return
        self._connection.close(patience_s)
        process_hooks.discard(self)

    def after_fork(self) -> None:
        """Begin anew in the child; what the parent has open stays the parent's."""
        if self._connection is not None:
            process_hooks.keep_forever(self._connection)
        self._fresh()

    def _here(self) -> "Connection":
        connection = self._connection
        return self.open() if connection is None else connection

    def _fresh(self) -> None:
        # The lock, too: a thread that is not in the child may have held it.
        self._lock = threading.Lock()
        self._connection = None
        self._late = 0


def _abstention(attempt_id: str, reason: str, detail: str) -> Hint:
    from pilotfish.schemas.ids import new_id

    return Hint(new_id(), abstained=reason, detail=detail, attempt_id=attempt_id)
