"""Drafts to messages: redacted, cut to size, validated."""

import json
from typing import Any, Final

from pydantic import ValidationError

from pilotfish._draft import Draft
from pilotfish._hint import Hint
from pilotfish._redaction import Redaction
from pilotfish.schemas.codec import first_problem
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

_MAX_DETAIL: Final = 4096

_TEXTS: Final = {
    "content": MAX_CONTENT,
    "problem": MAX_PROBLEM,
    "detail": _MAX_DETAIL,
    "reason": _MAX_DETAIL,
}
"""Fields that are redacted, and the characters they may have."""

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


class Composer:
    """Makes the messages of one client."""

    def __init__(self, tenant: str, agent: Agent, redaction: Redaction) -> None:
        self._tenant = tenant
        self._agent = agent
        self._redaction = redaction

    def event(self, draft: Draft) -> Event:
        """Return the message of a draft.

        Raises:
            SchemaError: a value that no message takes; the text says which.
        """
        fields = self._texts(draft.fields)
        if draft.event == "AttemptStarted":
            fields["agent"] = self._agent
            fields["attributes"] = self._attributes(fields["attributes"])
        if draft.event == "AttemptEnded":
            fields["hint"] = _mark(fields["hint"])
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

    def _texts(self, fields: dict[str, Any]) -> dict[str, Any]:
        done = dict(fields)
        for name in _TEXTS.keys() & fields.keys():
            text = self._redaction.text(fields[name])
            done[name] = text[: _TEXTS[name]]
            if name == "content":
                done["truncated"] = fields["truncated"] or len(text) > MAX_CONTENT
        return done

    def _attributes(self, text: str) -> Any:
        if not text:
            return {}
        # JSON has no infinity; Python's reads and writes one.
        return self._redaction.values(json.loads(text, parse_constant=lambda _: None))


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
