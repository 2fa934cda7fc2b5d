"""An event as the agent's thread leaves it: unvalidated, unredacted, cheap to make."""

from datetime import UTC, datetime
from sys import getsizeof
from typing import Any, Final, Literal, NamedTuple

EventName = Literal[
    "AttemptStarted", "StepRecorded", "SignalRecorded", "AttemptEnded", "FeedbackGiven"
]

_OVERHEAD_BYTES: Final = 512
"""Memory of a pending event besides its text; bounds the number of queued events, too."""


class PendingEvent(NamedTuple):
    """One event on its way to the background thread; `size` is its memory in bytes."""

    event: EventName
    attempt_id: str
    at: datetime
    fields: dict[str, Any]
    size: int

    @classmethod
    def now(
        cls,
        event: EventName,
        attempt_id: str,
        text: str,
        fields: dict[str, Any],
        more_bytes: int = 0,
    ) -> "PendingEvent":
        """Return an event with the current time.

        `text` is its one large field; `more_bytes` is the memory of other large ones.
        """
        size = getsizeof(text) + more_bytes + _OVERHEAD_BYTES
        return cls(event, attempt_id, datetime.now(UTC), fields, size)
