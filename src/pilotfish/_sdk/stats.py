"""What became of everything an agent published."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stats:
    """Numbers of events since the client was opened in this process.

    Each event is in exactly one of the first six. Those that processes which are gone
    left in the spool count from when they are taken over.

    Args:
        queued: in memory only, not acknowledged by Kafka yet.
        sent: acknowledged by Kafka.
        spooled: on disk, not acknowledged by Kafka yet: sent later, by this process or
            the next one.
        dropped: found no room in the queue or the spool, or came after `close()`.
        rejected: had a value that no message takes (a negative cost, an empty name).
        failed: given up by Kafka's client, after five minutes or at the end.
        redactions_failed: texts replaced because `redact` raised; their events are
            counted above.
    """

    queued: int = 0
    sent: int = 0
    spooled: int = 0
    dropped: int = 0
    rejected: int = 0
    failed: int = 0
    redactions_failed: int = 0


@dataclass(slots=True)
class SpoolCounts:
    """What became of the events that the spool took.

    Args:
        kept: taken from this process, with those that found no room.
        taken_over: left by processes that are gone.
        sent: of both, acknowledged by Kafka.
        dropped: found no room, were pushed out, or are unreadable.
        failed: refused by Kafka for good.
    """

    kept: int = 0
    taken_over: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0

    @property
    def waiting(self) -> int:
        """On disk, not acknowledged yet."""
        done = self.sent + self.dropped + self.failed
        return self.kept + self.taken_over - done
