"""Counts of what became of an agent's events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of events since the client was opened in this process.

    Clients of one process with equal settings share a connection: while several are open,
    each counts the events of all. Each event is in exactly one of the first six. Events that ended processes left in the
    spool count from the moment this process takes them over.

    Args:
        queued: in memory only, not yet acknowledged by Kafka.
        sent: acknowledged by Kafka.
        spooled: on disk, not yet acknowledged by Kafka: sent later, by this process or
            the next one.
        dropped: did not fit into the queue or the spool, or came after `close()`.
        rejected: had an id or a time that no service accepts.
        failed: given up by Kafka's client, after five minutes or on close.
        mended: fields of events and of requests for advice that did not fit, such as
            a negative cost or a name of 201 characters: cut, converted or left out, and
            logged once. Their events are counted above.
        redactions_failed: texts replaced because `redact` raised; their events are
            counted above.
    """

    queued: int = 0
    sent: int = 0
    spooled: int = 0
    dropped: int = 0
    rejected: int = 0
    failed: int = 0
    mended: int = 0
    redactions_failed: int = 0

    def since(self, before: "Stats", dropped: int) -> "Stats":
        """Return what was counted since `before`, and so many more dropped events."""
        return Stats(
            queued=self.queued,
            sent=self.sent - before.sent,
            spooled=self.spooled,
            dropped=self.dropped - before.dropped + dropped,
            rejected=self.rejected - before.rejected,
            failed=self.failed - before.failed,
            mended=self.mended - before.mended,
            redactions_failed=self.redactions_failed - before.redactions_failed,
        )


@dataclass(slots=True)
class SpoolCounts:
    """Counts of what became of the events in the spool.

    Args:
        kept: from this process, including those that did not fit.
        taken_over: left by processes that have ended.
        sent: of both, acknowledged by Kafka.
        dropped: did not fit, were pushed out, or are unreadable.
        failed: refused by Kafka for good.
    """

    kept: int = 0
    taken_over: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0

    @property
    def waiting(self) -> int:
        """Events on disk that Kafka has not acknowledged."""
        done = self.sent + self.dropped + self.failed
        return self.kept + self.taken_over - done
