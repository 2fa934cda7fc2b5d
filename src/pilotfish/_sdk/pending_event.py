"""An event as the agent's thread leaves it: unchecked, unredacted, cheap to make."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from sys import getsizeof
from typing import Any, Final, Literal, NamedTuple

EventName = Literal[
    "AttemptStarted", "StepRecorded", "SignalRecorded", "AttemptEnded", "FeedbackGiven"
]

_OVERHEAD_BYTES: Final = 512
"""What a draft takes besides its texts: bounds the number of queued drafts, too."""

PRECUT: Final = 512 * 1024
"""Characters at which the agent's thread cuts a text. Twice `MAX_CONTENT`, so that what
redaction looks for is not cut in two at the place of the final cut."""


class PendingEvent(NamedTuple):
    """One event on its way to the background thread. `size` is in bytes of memory."""

    event: EventName
    attempt_id: str
    at: datetime
    fields: dict[str, Any]
    size: int


def draft(
    event: EventName, attempt_id: str, text: str, fields: dict[str, Any]
) -> PendingEvent:
    """Return the event that happens now; `text` is the field that can be large."""
    size = getsizeof(text) + _OVERHEAD_BYTES
    return PendingEvent(event, attempt_id, datetime.now(UTC), fields, size)


def as_text(value: object) -> str:
    """Return a value as text, now: what the agent changes later is not published."""
    text = value if type(value) is str else _str(value)
    return text if len(text) <= PRECUT else text[:PRECUT]


def frozen(attributes: Mapping[str, Any] | None) -> str:
    """Return attributes as JSON, now; what JSON has no type for becomes text.

    Raises:
        ValueError, TypeError, RecursionError: there is no JSON for it.
    """
    return json.dumps(dict(attributes), default=_str) if attributes else ""


def _str(value: object) -> str:
    if value is None:
        return ""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - the agent's own __str__, which must not hurt it
        return f"[{type(value).__name__} has no text]"
