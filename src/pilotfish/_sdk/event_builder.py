"""Drafts to messages: redacted, cut to size, validated."""

import json
from typing import Any, Final

from pydantic import ValidationError

from pilotfish._sdk.hint import Hint
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.redaction import Redaction
from pilotfish.schemas.codec import encode, first_problem
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_PROBLEM,
    Agent,
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    HintMark,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.texts import cut
from pilotfish.schemas.topics import EVENTS

_MAX_DETAIL: Final = 4096

_TEXTS: Final = {
    "problem": MAX_PROBLEM,
    "detail": _MAX_DETAIL,
    "reason": _MAX_DETAIL,
}
"""Fields that are redacted, and the characters they may have."""
_SMALL: Final = EVENTS.max_bytes // 8
"""Characters of a content with which a step is small enough, however JSON writes them."""

_EVENTS: Final[dict[str, type[Event]]] = {
    kind.__name__: kind
    for kind in (
        AttemptStarted,
        StepRecorded,
        SignalRecorded,
        AttemptEnded,
        FeedbackGiven,
    )
}


class EventBuilder:
    """Makes the messages of one client."""

    def __init__(self, tenant: str, agent: Agent, redaction: Redaction) -> None:
        self._tenant = tenant
        self._agent = agent
        self._redaction = redaction

    def event(self, draft: PendingEvent) -> Event:
        """Return the message of a draft.

        Raises:
            SchemaError: a value that no message takes, or attributes with which the
                event is too large; the text says which.
        """
        fields = self._redacted(draft.fields)
        if draft.event == "AttemptStarted":
            fields["agent"] = self._agent
            fields["attributes"] = self._attributes(fields["attributes"])
        if draft.event == "AttemptEnded":
            fields["hint"] = _mark(fields["hint"])
        return self._within_limit(self._event(draft, fields))

    def _event(self, draft: PendingEvent, fields: dict[str, Any]) -> Event:
        kind = _EVENTS[draft.event]
        try:
            return kind(
                tenant=self._tenant,
                attempt_id=draft.attempt_id,
                at=draft.at,
                **{name: v for name, v in fields.items() if v is not None},
            )
        except ValidationError as error:
            raise SchemaError(first_problem(kind, error)) from error

    def _redacted(self, fields: dict[str, Any]) -> dict[str, Any]:
        done = dict(fields)
        for name in _TEXTS.keys() & fields.keys():
            done[name] = self._redaction.text(fields[name])[: _TEXTS[name]]
        if "content" in fields:
            whole = self._redaction.text(fields["content"])
            done["content"] = cut(whole, MAX_CONTENT)
            done["truncated"] = fields["truncated"] or len(done["content"]) < len(whole)
        return done

    def _within_limit(self, event: Event) -> Event:
        """Return the event; a content that JSON makes too long is halved until it fits.

        A control character takes six bytes there.
        """
        if isinstance(event, StepRecorded):
            while len(event.content) > _SMALL and _size(event) > EVENTS.max_bytes:
                half = event.content[: len(event.content) // 2]
                event = event.model_copy(update={"content": half, "truncated": True})
        elif isinstance(event, AttemptStarted) and event.attributes:
            size = _size(event)
            if size > EVENTS.max_bytes:
                raise SchemaError(
                    f"AttemptStarted.attributes: the event has {size} bytes, "
                    f"{EVENTS.max_bytes} are allowed"
                )
        return event

    def _attributes(self, text: str) -> Any:
        if not text:
            return {}
        # JSON has no infinity; Python's reads and writes one.
        return self._redaction.values(json.loads(text, parse_constant=lambda _: None))


def _size(event: Event) -> int:
    return len(encode(event))


def _mark(hint: Hint | None) -> HintMark | None:
    if hint is None:
        return None
    return HintMark(
        request_id=hint.request_id,
        approach=hint.approach,
        propensity=hint.propensity or None,
        advisor_version=hint.advisor_version,
        holdout=hint.holdout,
    )
