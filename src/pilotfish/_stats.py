"""What became of everything an agent published."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stats:
    """Numbers of events since the client was opened in this process.

    Each event is in exactly one of the first five.

    Args:
        queued: not acknowledged by Kafka yet.
        sent: acknowledged by Kafka.
        dropped: found no room in the queue, or came after `close()`.
        rejected: had a value that no message takes (a negative cost, an empty name).
        failed: given up by Kafka's client, after five minutes or at the end.
        redactions_failed: texts replaced because `redact` raised; their events are
            counted above.
    """

    queued: int = 0
    sent: int = 0
    dropped: int = 0
    rejected: int = 0
    failed: int = 0
    redactions_failed: int = 0
