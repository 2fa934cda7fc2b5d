"""The session of a client: its connection, opened on first use and again after a fork."""

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pilotfish._sdk import process_hooks
from pilotfish._sdk.approach_by import ApproachBy
from pilotfish._sdk.hint import Hint, PendingHint
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.shared_connections import ANSWER_TIMEOUT_S, CONNECTIONS, Joined
from pilotfish._sdk.single import Single
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.subscription import Subscription
from pilotfish._sdk.warnings import LOG, Warnings
from pilotfish.schemas.errors import SchemaError

if TYPE_CHECKING:
    from pilotfish._sdk.advice_requests import AdviceRequests
    from pilotfish._sdk.connection import Connection
    from pilotfish.schemas.advice import HintGiven

Join = Callable[[object], Joined]
"""Returns the connection that this user shares with others of equal settings."""


class Session(Single):
    """Stands between the agent and its connection; only `open` and `subscribe` raise.

    Args:
        join: opens a connection, or joins an open one; must not wait for a server.
        deadline_s: how long advice may take, counted from the call.
        control_flow: exceptions that end no attempt as a failure.
        approach_by: which fact of an attempt counts as its approach.
    """

    def __init__(
        self,
        join: Join,
        deadline_s: float,
        control_flow: tuple[type[BaseException], ...] = (),
        approach_by: ApproachBy | None = None,
    ) -> None:
        self.deadline_s = deadline_s
        self.control_flow = control_flow
        self.approach_by = approach_by or ApproachBy()
        self._join = join
        self._warnings = Warnings()
        self._connection: Connection | None = None
        self._drop: weakref.finalize[..., Any] | None = None
        self._closed = False
        self._reset()

    def open(self) -> "Connection":
        """Return the connection of this process; opens it if there is none.

        Raises:
            ConfigurationError: no connection can be made with these settings.
        """
        with self._lock:
            if self._connection is None:
                connection, self._before = self._join(self._user)
                self._connection = connection
                drop = weakref.finalize(self, connection.users.drop, self._user)
                # At exit, all connections are closed anyway.
                drop.atexit = False
                self._drop = drop
                process_hooks.call_after_fork(self)
            return self._connection

    def publish(self, event: PendingEvent) -> None:
        """Queue an event; never blocks, never raises."""
        try:
            if self._closed:
                self._dropped += 1
                if self._connection is not None:
                    self._warnings.once("the client is closed", "events were dropped")
            else:
                self._current_connection().publisher.publish(event)
        except Exception as error:  # noqa: BLE001 - publishing must not break the agent
            self._dropped += 1
            self._warnings.once(repr(error), "an event was dropped")

    def ask(
        self,
        attempt_id: str,
        problem: str,
        problem_type: str,
        approaches: Mapping[str, str] | None,
    ) -> PendingHint | Hint:
        """Send a request for advice; returns an abstention if it cannot be sent."""
        about = attempt_id, problem, problem_type
        return self._asked(attempt_id, lambda to: to.ask(*about, approaches))

    def ask_next(
        self,
        attempt_id: str,
        problem: str,
        problem_type: str,
        steps: Sequence[tuple[str, str, str]],
    ) -> PendingHint | Hint:
        """Send the question what comes after these steps, as `ask`."""
        about = attempt_id, problem, problem_type
        return self._asked(attempt_id, lambda to: to.ask_next(*about, steps))

    def _asked(
        self, attempt_id: str, ask: "Callable[[AdviceRequests], PendingHint]"
    ) -> PendingHint | Hint:
        try:
            if self._closed or (connection := self._current_connection()).closed:
                return _abstention(attempt_id, "unreachable", "the client is closed")
            return ask(connection.advice_requests)
        except SchemaError as error:
            self._warnings.once(str(error), "a request for advice was not sent")
            return _abstention(attempt_id, "invalid", str(error))
        except Exception as error:  # noqa: BLE001 - asking must not break the agent
            LOG.exception("a request for advice was not sent")
            return _abstention(attempt_id, "unreachable", repr(error))

    def subscribe(self, callback: Callable[[Hint], object]) -> Subscription:
        """Call `callback` for every hint of the tenant, in another thread.

        Raises:
            ConfigurationError: no connection can be made with these settings.
        """
        connection = self.open()

        def on_hint(message: "HintGiven") -> None:
            try:
                # Looking at the session keeps it, and so the client, until the end.
                if not self._closed:
                    callback(Hint.of(message))
            except Exception:  # noqa: BLE001 - the user's function may raise anything
                LOG.exception("the callback for hints raised; it stays subscribed")

        stop = connection.transport.subscribe(connection.tenant, on_hint)
        self._subscriptions.add(stop)

        def unsubscribe() -> None:
            stop()
            self._subscriptions.discard(stop)

        return Subscription(unsubscribe)

    def warn_once(self, reason: str, consequence: str) -> None:
        """Log a warning to the agent's owner, unless this reason was logged before."""
        self._warnings.once(reason, consequence)

    def stats(self) -> Stats:
        """Return the counts of this process, since this client was opened."""
        if self._connection is None:
            return Stats(dropped=self._dropped)
        return self._connection.stats().since(self._before, self._dropped)

    def flush(self, timeout_s: float) -> bool:
        """Wait until every event is settled; False on timeout."""
        connection = self._connection
        if connection is None:
            return True
        return connection.publisher.flush(timeout_s)

    def close(self, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        """Send what is queued while Kafka accepts it, then close; idempotent."""
        with self._lock:
            was_closed, self._closed = self._closed, True
        if was_closed or self._connection is None:
            return
        if self._drop is not None:
            self._drop.detach()
        for stop in tuple(self._subscriptions):
            stop()
        CONNECTIONS.leave(self._connection, self._user, answer_timeout_s)

    def after_fork(self) -> None:
        """Start over in the child; the parent's connection is left untouched."""
        if self._drop is not None:
            self._drop.detach()
        self._reset()

    def _current_connection(self) -> "Connection":
        connection = self._connection
        return self.open() if connection is None else connection

    def _reset(self) -> None:
        # A new lock, too: a thread that the child does not have may have held the old one.
        self._lock = threading.Lock()
        self._connection = None
        self._user = object()
        self._drop = None
        self._before = Stats()
        self._subscriptions: set[Callable[[], None]] = set()
        self._dropped = 0


def _abstention(attempt_id: str, reason: str, detail: str) -> Hint:
    from pilotfish.schemas.ids import new_id

    return Hint(new_id(), abstained=reason, detail=detail, attempt_id=attempt_id)
