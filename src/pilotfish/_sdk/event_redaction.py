"""Secrets out of events that no client made, as `connect(redact=redact_secrets)` does."""

from typing import Final

from pilotfish._sdk.secrets import redact_secrets
from pilotfish.schemas.events import MAX_CONTENT, MAX_DETAIL, MAX_PROBLEM, Event

_TEXTS: Final = {
    "problem": MAX_PROBLEM,
    "content": MAX_CONTENT,
    "detail": MAX_DETAIL,
    "reason": MAX_DETAIL,
}
"""Fields of events with texts of the source, and how long they may be."""


def redacted(event: Event) -> Event:
    """Return the event without keys, tokens, passwords and the like in its texts."""
    texts = {
        field: redact_secrets(text)[:most]
        for field, most in _TEXTS.items()
        if (text := getattr(event, field, ""))
    }
    return event.model_copy(update=texts)
