"""The background thread: takes drafts from the queue, makes messages, sends them."""

import threading
import time
from typing import Final

from pilotfish._sdk.event_builder import EventBuilder
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.queue import EventQueue
from pilotfish._sdk.transport.transport import Failure, Transport
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.errors import SchemaError

_BATCH: Final = 500
_IDLE_S: Final = 0.5
"""How long the thread sleeps where nothing is under way; a draft wakes it."""
_BUSY_S: Final = 0.005
"""How long it waits for acknowledgements before it looks for more drafts."""
_JOIN_S: Final = 0.5
_STALLED_S: Final = 10.0
"""At the end, how long a Kafka that answers may acknowledge nothing: a busy one takes
seconds for the first event of a new producer."""


class Publisher:
    """Publishes drafts in order, and knows what became of each.

    Args:
        transport: where messages go; only this thread publishes there.
        builder: makes the messages.
        queue_bytes: memory for drafts that wait.
        warnings: told about what is dropped, rejected or failed, once a reason.
    """

    def __init__(
        self,
        transport: Transport,
        builder: EventBuilder,
        queue_bytes: int,
        warnings: Warnings,
    ) -> None:
        self._transport = transport
        self._builder = builder
        self._warnings = warnings
        self._queue = EventQueue(queue_bytes)
        self._settled = threading.Condition()
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
        """Events in memory only, whose fate is open."""
        # Read in this order, an event that moves in between counts twice, not never.
        done = self.sent + self.failed + self.rejected + self._queue.dropped
        done += self._transport.spool.kept
        return self._queue.accepted - done

    @property
    def _open(self) -> int:
        """Events whose fate is open, in memory or on disk."""
        return self.queued + self._transport.spool.waiting

    def publish(self, draft: PendingEvent) -> None:
        """Queue a draft; never waits."""
        if not self._queue.put(draft):
            self._warnings.once("the queue is full or closed", "events were dropped")

    def flush(self, timeout_s: float) -> bool:
        """Wait until the fate of all events is known; False if time is over before."""
        with self._settled:
            return self._settled.wait_for(lambda: self._open <= 0, timeout_s)

    def close(self, patience_s: float) -> bool:
        """Send what is queued and spooled, then end the thread; False if it goes on.

        Waits `patience_s` for a Kafka that does not answer, and goes on as long as one
        that answers takes events. What waits in memory after that goes to the spool;
        without one, or where its disk takes too long, it counts as dropped.
        """
        self._queue.close()
        if self._open > 0 and self._transport.answers(patience_s):
            self._finish()
        self._giving_up = True
        self._thread.join(_JOIN_S)
        self._queue.clear()
        return not self._thread.is_alive()

    def _finish(self) -> None:
        left_over, since = -1, time.monotonic()
        while self._open > 0:
            if self._open != left_over:
                left_over, since = self._open, time.monotonic()
            left = since + _STALLED_S - time.monotonic()
            if left <= 0 or not self._thread.is_alive():
                return
            self.flush(min(left, 0.05))

    def _run(self) -> None:
        while not self._giving_up:
            if self._open <= 0:
                self._queue.wait(_IDLE_S)
            self._transport.poll(_BUSY_S if self._open > 0 else 0.0)
            for draft in self._queue.take(_BATCH):
                self._send(draft)
            if self._open <= 0:
                with self._settled:
                    self._settled.notify_all()
        if self._transport.keep():
            while drafts := self._queue.take(_BATCH):
                for draft in drafts:
                    self._send(draft)

    def _send(self, draft: PendingEvent) -> None:
        try:
            event = self._builder.event(draft)
            while not self._transport.publish(event, self._on_settled):
                if self._giving_up:
                    self._on_settled(Failure("the client was closed"))
                    return
                self._transport.poll(0.1)
        except SchemaError as error:
            self._reject(str(error))
        except Exception as error:  # noqa: BLE001 - one odd event must not end the thread
            self._reject(f"{draft.event}: {type(error).__name__}: {error}")

    def _reject(self, reason: str) -> None:
        self.rejected += 1
        self._warnings.once(reason, "an event was rejected")

    def _on_settled(self, failure: Failure | None) -> None:
        if failure is None:
            self.sent += 1
        else:
            self.failed += 1
            self._warnings.once(failure.reason, "an event did not arrive")
