"""What a client has open in one process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pilotfish._sdk import process_hooks
from pilotfish._sdk.advice_requests import AdviceRequests
from pilotfish._sdk.event_builder import EventBuilder
from pilotfish._sdk.event_publisher import EventPublisher
from pilotfish._sdk.mending import Mending
from pilotfish._sdk.redaction import Redact, Redaction
from pilotfish._sdk.shared_connections import Users
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.transport.transport import Transport
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.events import Agent
from pilotfish.schemas.ids import new_id

OpenTransport = Callable[[str, Warnings], Transport]
"""Opens a transport for a client id; does not wait for a server."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who publishes, and how texts are redacted."""

    tenant: str
    agent: Agent
    redact: Redact | None = None
    queue_bytes: int = 16 * 1024 * 1024


class Connection:
    """A transport, with the event publisher and the advice requests that use it."""

    def __init__(
        self, identity: Identity, open_transport: OpenTransport, users: Users
    ) -> None:
        self.warnings = Warnings()
        self.tenant = identity.tenant
        self.users = users
        self.closed = False
        self._closing = threading.Lock()
        client_id = new_id()
        self.transport = open_transport(client_id, self.warnings)
        self._redaction = Redaction(identity.redact, self.warnings)
        self._mending = Mending(self.warnings)
        builder = EventBuilder(
            identity.tenant,
            identity.agent,
            self._redaction,
            self._mending,
            self.warnings,
        )
        self.publisher = EventPublisher(
            self.transport, builder, identity.queue_bytes, users, self.warnings
        )
        self.advice_requests = AdviceRequests(
            self.transport,
            client_id,
            identity.tenant,
            identity.agent,
            self._redaction,
            self._mending,
        )

    def stats(self) -> Stats:
        """Return the current counts."""
        publisher, spool = self.publisher, self.transport.spool
        return Stats(
            queued=max(publisher.queued, 0),
            sent=publisher.sent + spool.sent,
            spooled=max(spool.waiting, 0),
            dropped=publisher.dropped + spool.dropped,
            rejected=publisher.rejected,
            failed=publisher.failed + spool.failed,
            mended=self._mending.count,
            redactions_failed=self._redaction.failed,
        )

    def close(self, answer_timeout_s: float) -> None:
        """Send what is queued while Kafka accepts it, then release all resources.

        Idempotent: a second call waits for the first.
        """
        with self._closing:
            if self.closed:
                return
            self.closed = True
            if self.publisher.close(answer_timeout_s):
                self.transport.close()
        process_hooks.discard(self)
