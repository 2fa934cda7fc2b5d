"""The background thread: takes pending events from the queue, builds and sends them."""

import threading
import time
from typing import Final

from pilotfish._sdk.event_builder import EventBuilder
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.queue import EventQueue
from pilotfish._sdk.shared_connections import Users
from pilotfish._sdk.transport.transport import Failure, Transport
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.errors import SchemaError

_BATCH: Final = 500
_IDLE_S: Final = 0.5
"""How long the thread sleeps when nothing is in flight; a new event wakes it."""
_BUSY_S: Final = 0.005
"""How long it waits for acknowledgements before it looks for more events."""
_JOIN_S: Final = 0.5
_STALLED_S: Final = 10.0
"""On close, how long a Kafka that answers may acknowledge nothing: a busy broker takes
seconds for the first event of a new producer."""


class EventPublisher:
    """Publishes events in order, and counts what became of each.

    Args:
        transport: where events go; only the background thread publishes there.
        builder: makes messages of pending events.
        queue_bytes: memory for pending events.
        users: looks at each turn whether anybody still uses the connection.
        warnings: receives the reasons for dropped, rejected and failed events.
    """

    def __init__(
        self,
        transport: Transport,
        builder: EventBuilder,
        queue_bytes: int,
        users: Users,
        warnings: Warnings,
    ) -> None:
        self._users = users
        self._transport = transport
        self._builder = builder
        self._warnings = warnings
        self._queue = EventQueue(queue_bytes)
        self._all_settled = threading.Condition()
        self._giving_up = False
        self.sent = 0
        self.failed = 0
        self.rejected = 0
        self._thread = threading.Thread(
            target=self._run, name="pilotfish-publisher", daemon=True
        )
        self._thread.start()

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    @property
    def queued(self) -> int:
        """Unsettled events that are in memory only."""
        # In this order, an event that moves meanwhile counts twice rather than never.
        done = self.sent + self.failed + self.rejected + self._queue.dropped
        done += self._transport.spool.kept
        return self._queue.accepted - done

    @property
    def _unsettled(self) -> int:
        """Unsettled events in memory or on disk."""
        return self.queued + self._transport.spool.waiting

    def publish(self, event: PendingEvent) -> None:
        """Queue an event; never blocks."""
        if not self._queue.put(event):
            self._warnings.once("the queue is full or closed", "events were dropped")

    def flush(self, timeout_s: float) -> bool:
        """Wait until every event is settled; False on timeout."""
        with self._all_settled:
            return self._all_settled.wait_for(lambda: self._unsettled <= 0, timeout_s)

    def settle(self, answer_timeout_s: float) -> None:
        """Wait as `close` does for the events published so far; the thread goes on."""
        published = self._queue.accepted
        if self._unsettled > 0 and self._transport.is_reachable(answer_timeout_s):
            self._drain(published)

    def close(self, answer_timeout_s: float) -> bool:
        """Send queued and spooled events, then end the thread; False if it still runs.

        Waits `answer_timeout_s` for a Kafka that does not answer, and as long as it takes
        for one that answers and accepts events. Events that remain in memory go to the
        spool; without a spool, or if its disk is too slow, they count as dropped.
        """
        self._queue.close()
        if self._unsettled > 0 and self._transport.is_reachable(answer_timeout_s):
            self._drain(self._queue.accepted)
        self._giving_up = True
        self._thread.join(_JOIN_S)
        if self._queue.clear():
            reason = f"no answer within {answer_timeout_s:.1f} s"
            self._warnings.once(reason, "events did not arrive")
        return not self._thread.is_alive()

    def _drain(self, published: int) -> None:
        """Wait until so many are settled, or Kafka acknowledges nothing for a while.

        Events settle in about the order in which they were published.
        """
        unsettled, since = -1, time.monotonic()
        while self._unsettled > self._queue.accepted - published:
            if self._unsettled != unsettled:
                unsettled, since = self._unsettled, time.monotonic()
            remaining_s = since + _STALLED_S - time.monotonic()
            if remaining_s <= 0 or not self._thread.is_alive():
                return
            self.flush(min(remaining_s, 0.05))

    def _run(self) -> None:
        while not self._giving_up:
            if self._unsettled <= 0:
                self._queue.wait(_IDLE_S)
            self._transport.poll(_BUSY_S if self._unsettled > 0 else 0.0)
            for event in self._queue.take(_BATCH):
                self._send(event)
            settled = self._unsettled <= 0
            if settled:
                with self._all_settled:
                    self._all_settled.notify_all()
            self._users.look(settled=settled)
        if self._transport.spool_everything():
            while events := self._queue.take(_BATCH):
                for event in events:
                    self._send(event)

    def _send(self, pending: PendingEvent) -> None:
        try:
            event = self._builder.event(pending)
            while not self._transport.publish(event, self._on_settled):
                if self._giving_up:
                    self._on_settled(Failure("the client was closed"))
                    return
                self._transport.poll(0.1)
        except SchemaError as error:
            self._reject(str(error))
        except BaseException as error:  # noqa: BLE001 - one event must not end the thread
            self._reject(f"{pending.event}: {type(error).__name__}: {error}")

    def _reject(self, reason: str) -> None:
        self.rejected += 1
        self._warnings.once(reason, "an event was rejected")

    def _on_settled(self, failure: Failure | None) -> None:
        if failure is None:
            self.sent += 1
        else:
            self.failed += 1
            self._warnings.once(failure.reason, "an event did not arrive")
