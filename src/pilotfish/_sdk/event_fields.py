"""The fields of a pending event, mended where they do not fit the event's schema."""

from collections.abc import Callable
from typing import Any, Final, get_args

from pilotfish._sdk.hint import Hint
from pilotfish._sdk.mending import Mending, as_choice
from pilotfish._sdk.text import as_text
from pilotfish.schemas.events import (
    MAX_MEASURE,
    MAX_TOKENS,
    HintMark,
    SignalKind,
    StepKind,
)
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.signals import FEEDBACK
from pilotfish.schemas.texts import encodable

Fields = dict[str, Any]

_STEP_KINDS: Final[tuple[str, ...]] = get_args(StepKind)
_SIGNAL_KINDS: Final[tuple[str, ...]] = get_args(SignalKind)
_UNKNOWN_STEP: Final = "thought"
"""Labels read actions, observations and answers: a step of unknown kind is none of them."""
_UNKNOWN_SIGNAL: Final = "judge"
"""Without a value, because nobody knows the unit: it is no evidence."""


def mended(event: str, fields: Fields, mending: Mending) -> Fields:
    """Return the fields as the event's schema takes them; only texts may be too long."""
    return fields | _MENDED[event](fields, mending)


def _started(fields: Fields, mending: Mending) -> Fields:
    kept, _, left_out = fields["attributes"]
    for reason in left_out:
        mending.note("AttemptStarted.attributes", f"left out: {reason}")
    return {
        "problem_type": mending.text(
            "AttemptStarted.problem_type", fields["problem_type"], MAX_NAME
        ),
        "approach": _approach("AttemptStarted.approach", fields["approach"], mending),
        "attributes": kept,
    }


def kind_and_name(kind: str, name: str, mending: Mending) -> Fields:
    """Return the kind and the name of a step as its schema takes them."""
    kind = mending.choice("StepRecorded.kind", kind, _STEP_KINDS, _UNKNOWN_STEP)
    return {"kind": kind, "name": mending.name("StepRecorded.name", name, kind)}


def _step(fields: Fields, mending: Mending) -> Fields:
    return {
        **kind_and_name(fields["kind"], fields["name"], mending),
        "cost": mending.number("StepRecorded.cost", fields["cost"], MAX_MEASURE),
        "tokens": mending.whole("StepRecorded.tokens", fields["tokens"], MAX_TOKENS),
        "duration_s": mending.number(
            "StepRecorded.duration_s", fields["duration_s"], MAX_MEASURE
        ),
    }


def _signal(fields: Fields, mending: Mending) -> Fields:
    given, value = fields["kind"], fields["value"]
    kind = mending.choice("SignalRecorded.kind", given, _SIGNAL_KINDS, _UNKNOWN_SIGNAL)
    if kind != as_choice(given):
        said = f"{given} {as_text(value)}".strip()
        detail = f"{said}: {fields['detail']}"
        return {"kind": kind, "value": None, "scale": None, "detail": detail}
    stated = mending.stated("SignalRecorded.value", kind, value, fields["scale"])
    return {"kind": kind, **stated._asdict()}


def _ended(fields: Fields, mending: Mending) -> Fields:
    return {
        "approach": _approach("AttemptEnded.approach", fields["approach"], mending),
        "hint": fields["hint"] and hint_mark(fields["hint"]),
    }


def _feedback(fields: Fields, mending: Mending) -> Fields:
    value, scale = fields["value"], fields["scale"]
    stated = mending.stated("FeedbackGiven.value", FEEDBACK, value, scale)
    source = mending.name("FeedbackGiven.source", fields["source"], "user")
    return {"source": source, **stated._asdict()}


def _approach(field: str, approach: str | None, mending: Mending) -> str | None:
    return mending.name(field, approach) if approach else None


def hint_mark(hint: Hint) -> HintMark:
    """Return what the end of an attempt says about its hint."""
    return HintMark(
        request_id=hint.request_id,
        approach=hint.approach and encodable(hint.approach[:MAX_NAME]),
        propensity=hint.propensity or None,
        advisor_version=hint.advisor_version,
        holdout=hint.holdout,
    )


_MENDED: Final[dict[str, Callable[[Fields, Mending], Fields]]] = {
    "AttemptStarted": _started,
    "StepRecorded": _step,
    "SignalRecorded": _signal,
    "AttemptEnded": _ended,
    "FeedbackGiven": _feedback,
}
