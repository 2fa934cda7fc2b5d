"""What a client has open in one process."""

from collections.abc import Callable
from dataclasses import dataclass

from pilotfish._adviser import Adviser
from pilotfish._composer import Composer
from pilotfish._publisher import Publisher
from pilotfish._redaction import Redact, Redaction
from pilotfish._stats import Stats
from pilotfish._transport import Transport
from pilotfish._warnings import Warnings
from pilotfish.schemas.events import Agent
from pilotfish.schemas.ids import new_id

OpenTransport = Callable[[str, Warnings], Transport]
"""Opens a transport for the client of this id; does not wait for a server."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who publishes, and what becomes of the texts."""

    tenant: str
    agent: Agent
    redact: Redact | None = None
    queue_bytes: int = 16 * 1024 * 1024


class Connection:
    """A transport, the publisher in front of it, and the adviser beside that."""

    def __init__(self, identity: Identity, open_transport: OpenTransport) -> None:
        self.warnings = Warnings()
        self.tenant = identity.tenant
        client_id = new_id()
        self.transport = open_transport(client_id, self.warnings)
        self._redaction = Redaction(identity.redact, self.warnings)
        composer = Composer(identity.tenant, identity.agent, self._redaction)
        self.publisher = Publisher(
            self.transport, composer, identity.queue_bytes, self.warnings
        )
        self.adviser = Adviser(
            self.transport,
            client_id,
            identity.tenant,
            identity.agent,
            self._redaction,
        )

    def stats(self, also_dropped: int) -> Stats:
        """Return the numbers of now; some were dropped before they came here."""
        publisher, spool = self.publisher, self.transport.spool
        return Stats(
            queued=max(publisher.queued, 0),
            sent=publisher.sent + spool.sent,
            spooled=max(spool.waiting, 0),
            dropped=publisher.dropped + spool.dropped + also_dropped,
            rejected=publisher.rejected,
            failed=publisher.failed + spool.failed,
            redactions_failed=self._redaction.failed,
        )

    def close(self, patience_s: float) -> None:
        """Send what is queued while Kafka takes it, then let go of everything."""
        if self.publisher.close(patience_s):
            self.transport.close()
