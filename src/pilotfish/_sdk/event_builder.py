"""Pending events to messages: redacted, cut to size, validated."""

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
"""Fields that are redacted, with their limits in characters."""
_SMALL: Final = EVENTS.max_bytes // 8
"""Characters of content that always fit, however JSON escapes them."""

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
    """Builds the messages of one client."""

    def __init__(self, tenant: str, agent: Agent, redaction: Redaction) -> None:
        self._tenant = tenant
        self._agent = agent
        self._redaction = redaction

    def event(self, pending: PendingEvent) -> Event:
        """Return the message of a pending event.

        Raises:
            SchemaError: a field is invalid, or the attributes make the event too large;
                the message names the field.
        """
        fields = self._redacted(pending.fields)
        if pending.event == "AttemptStarted":
            fields["agent"] = self._agent
            fields["attributes"] = self._attributes(fields["attributes"])
        if pending.event == "AttemptEnded":
            fields["hint"] = _hint_mark(fields["hint"])
        return self._within_limit(self._validated(pending, fields))

    def _validated(self, pending: PendingEvent, fields: dict[str, Any]) -> Event:
        kind = _EVENTS[pending.event]
        try:
            return kind(
                tenant=self._tenant,
                attempt_id=pending.attempt_id,
                at=pending.at,
                **{k: value for k, value in fields.items() if value is not None},
            )
        except ValidationError as error:
            raise SchemaError(first_problem(kind, error)) from error

    def _redacted(self, fields: dict[str, Any]) -> dict[str, Any]:
        redacted = dict(fields)
        for name in _TEXTS.keys() & fields.keys():
            redacted[name] = self._redaction.text(fields[name])[: _TEXTS[name]]
        if "content" in fields:
            whole = self._redaction.text(fields["content"])
            content = cut(whole, MAX_CONTENT)
            redacted["content"] = content
            redacted["truncated"] = fields["truncated"] or len(content) < len(whole)
        return redacted

    def _within_limit(self, event: Event) -> Event:
        """Return the event, its content halved until it fits into a message as JSON.

        JSON writes a control character as six bytes.
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
                    f"{EVENTS.max_bytes} are allowed: pass smaller attributes"
                )
        return event

    def _attributes(self, text: str) -> Any:
        if not text:
            return {}
        # JSON has no infinity or NaN, but Python's writer and parser accept them.
        return self._redaction.values(json.loads(text, parse_constant=lambda _: None))


def _size(event: Event) -> int:
    return len(encode(event))


def _hint_mark(hint: Hint | None) -> HintMark | None:
    if hint is None:
        return None
    return HintMark(
        request_id=hint.request_id,
        approach=hint.approach,
        propensity=hint.propensity or None,
        advisor_version=hint.advisor_version,
        holdout=hint.holdout,
    )
