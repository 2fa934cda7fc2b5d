"""An event as the agent's thread leaves it: unvalidated, unredacted, cheap to make."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from sys import getsizeof
from typing import Any, Final, Literal, NamedTuple

EventName = Literal[
    "AttemptStarted", "StepRecorded", "SignalRecorded", "AttemptEnded", "FeedbackGiven"
]

_OVERHEAD_BYTES: Final = 512
"""Memory of a pending event besides its text; bounds the number of queued events, too."""

PRECUT: Final = 512 * 1024
"""Characters at which the agent's thread cuts a text. Twice `MAX_CONTENT`, so that a
secret at the final cut is still whole when `redact` looks for it."""


class PendingEvent(NamedTuple):
    """One event on its way to the background thread; `size` is its memory in bytes."""

    event: EventName
    attempt_id: str
    at: datetime
    fields: dict[str, Any]
    size: int

    @classmethod
    def now(
        cls, event: EventName, attempt_id: str, text: str, fields: dict[str, Any]
    ) -> "PendingEvent":
        """Return an event with the current time; `text` is its one large field."""
        size = getsizeof(text) + _OVERHEAD_BYTES
        return cls(event, attempt_id, datetime.now(UTC), fields, size)


def as_text(value: object) -> str:
    """Return a value as text at once, so that later changes to it are not published."""
    text = value if type(value) is str else _str(value)
    return text if len(text) <= PRECUT else text[:PRECUT]


def as_json(attributes: Mapping[str, Any] | None) -> str:
    """Return attributes as JSON; values of types that JSON lacks become text.

    Raises:
        ValueError, TypeError, RecursionError: the attributes cannot be written as JSON.
    """
    return json.dumps(dict(attributes), default=_str) if attributes else ""


def _str(value: object) -> str:
    if value is None:
        return ""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - the agent's own __str__ must not break the agent
        return f"[{type(value).__name__} has no text]"
