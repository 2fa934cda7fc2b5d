"""Pending events to messages: mended, redacted, cut to size, validated."""

from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json

from pilotfish._sdk.event_fields import mended
from pilotfish._sdk.mending import Mending
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.redaction import Redaction
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.askers import unusable_askers
from pilotfish.schemas.codec import encode, first_problem
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_DETAIL,
    MAX_PROBLEM,
    Agent,
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.fitting import fitting
from pilotfish.schemas.texts import cut
from pilotfish.schemas.topics import EVENTS

_TEXTS: Final = {
    "problem": MAX_PROBLEM,
    "detail": MAX_DETAIL,
    "reason": MAX_DETAIL,
}
"""Fields that are redacted, with their limits in characters."""

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
    """Builds the messages of one client.

    Args:
        tenant: whose data it is.
        agent: who makes the attempts.
        redaction: applied to every text.
        mending: makes fields fit.
        warnings: receives what an event lacks, though its fields fit.
    """

    def __init__(
        self,
        tenant: str,
        agent: Agent,
        redaction: Redaction,
        mending: Mending,
        warnings: Warnings,
    ) -> None:
        self._tenant = tenant
        self._agent = agent
        self._redaction = redaction
        self._mending = mending
        self._warnings = warnings

    def event(self, pending: PendingEvent) -> Event:
        """Return the message of a pending event.

        Raises:
            SchemaError: its id or time is one that no service accepts; the message names
                the field.
        """
        fields = self._redacted(mended(pending.event, pending.fields, self._mending))
        if pending.event == "AttemptStarted":
            fields["agent"] = self._agent
            self._say_unusable_askers(fields["attributes"])
        return self._within_limit(self._validated(pending, fields))

    def _validated(self, pending: PendingEvent, fields: dict[str, Any]) -> Event:
        kind = _EVENTS[pending.event]
        # Feedback states its value or None; elsewhere None leaves the default.
        given: dict[str, Any] = {
            k: v for k, v in fields.items() if v is not None or k == "value"
        }
        try:
            return kind(
                tenant=self._tenant,
                attempt_id=pending.attempt_id,
                at=pending.at,
                **given,
            )
        except ValidationError as error:
            raise SchemaError(first_problem(kind, error)) from error

    def _redacted(self, fields: dict[str, Any]) -> dict[str, Any]:
        for name in _TEXTS.keys() & fields.keys():
            fields[name] = self._redaction.text(fields[name])[: _TEXTS[name]]
        if "content" in fields:
            whole = self._redaction.text(fields["content"])
            content = cut(whole, MAX_CONTENT)
            fields["content"] = content
            fields["truncated"] = fields["truncated"] or len(content) < len(whole)
        if "attributes" in fields:
            fields["attributes"] = self._redaction.values(fields["attributes"])
        return fields

    def _say_unusable_askers(self, attributes: dict[str, Any]) -> None:
        for name in unusable_askers(attributes):
            self._warnings.once(
                f"attributes: {name} is no text and no number",
                "nobody knows who asked",
            )

    def _within_limit(self, event: Event) -> Event:
        """Return the event, cut until it fits into a message as JSON."""
        if isinstance(event, StepRecorded):
            return fitting(event)
        if isinstance(event, AttemptStarted) and event.attributes:
            excess = len(encode(event)) - EVENTS.max_bytes
            if excess > 0:
                kept = self._without_largest(event.attributes, excess)
                event = event.model_copy(update={"attributes": kept})
        return event

    def _without_largest(
        self, attributes: dict[str, Any], excess: int
    ) -> dict[str, Any]:
        """Return the attributes without the largest ones, which have `excess` bytes."""
        sizes = {name: len(to_json(value)) for name, value in attributes.items()}
        kept = dict(attributes)
        for name in sorted(sizes, key=lambda name: -sizes[name]):
            if excess <= 0:
                break
            self._mending.note(
                "AttemptStarted.attributes", f"left out: {name[:200]} is too large"
            )
            excess -= sizes[name]
            del kept[name]
        return kept
