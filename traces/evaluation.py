"""One evaluation of a run, whatever its form, as evidence."""

import re
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.evaluations import ATTRIBUTES, OF_PILOTFISH
from pilotfish.schemas.events import MAX_DETAIL, SignalKind
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.signals import Stated
from pilotfish.traces.evidence import Evidence
from pilotfish.traces.values import signed, text

_GOOD: Final = frozenset(
    [
        "accept",
        "accepted",
        "accurate",
        "correct",
        "good",
        "pass",
        "passed",
        "positive",
        "relevant",
        "resolved",
        "success",
        "successful",
        "thumbs_up",
        "true",
        "up",
        "yes",
    ]
)
_BAD: Final = frozenset(
    [
        "bad",
        "down",
        "fail",
        "failed",
        "failure",
        "false",
        "inaccurate",
        "incorrect",
        "irrelevant",
        "negative",
        "no",
        "rejected",
        "thumbs_down",
        "unresolved",
        "wrong",
    ]
)
_VERDICTS: Final = frozenset(["fail", "failed", "pass", "passed"])
_WORSE_IF_HIGHER: Final = re.compile(
    r"toxic|hallucinat|bias|harm|error|jailbreak|violation|refus|risk|latency|cost",
    re.IGNORECASE,
)
_OF_PEOPLE: Final = re.compile(r"thumb|feedback|user_rating|user_score", re.IGNORECASE)


def is_own(told: Mapping[str, JsonValue]) -> bool:
    """Return whether it is what pilotfish said of an outcome: nothing is learned from that."""
    return text(told.get(ATTRIBUTES["name"])).startswith(OF_PILOTFISH)


def identity(told: Mapping[str, JsonValue]) -> list[str]:
    """Return what tells an evaluation from others of the same span: its name and verdict."""
    return [text(told.get(ATTRIBUTES[field])) for field in ("name", "label", "score")]


def told_by(attributes: Mapping[str, JsonValue], origin: str, at_us: int) -> Evidence:
    """Return the evidence of an evaluation in OpenTelemetry's attributes."""
    return judged({f: attributes.get(a) for f, a in ATTRIBUTES.items()}, origin, at_us)


def judged(fields: Mapping[str, JsonValue], origin: str, at_us: int) -> Evidence:
    """Return the evidence of an evaluation: its name, label, score and explanation."""
    named = text(fields.get("name"))
    parts = (named, *(text(fields.get(k)) for k in ("label", "score", "explanation")))
    detail = ": ".join(part for part in parts if part)[:MAX_DETAIL]
    kind = _kind(named, fields)
    value = _value(kind, named, fields.get("label"), fields.get("score"))
    return Evidence(at_us, origin, kind, value, detail)


def _kind(named: str, fields: Mapping[str, JsonValue]) -> SignalKind:
    annotator = text(fields.get("annotator_kind")).upper()
    if annotator == "HUMAN" or _OF_PEOPLE.search(named):
        return "thumbs"
    return "verifier" if annotator == "CODE" else "judge"


def _value(
    kind: SignalKind, named: str, label: JsonValue, score: JsonValue
) -> Stated | None:
    """Return what was stated: by a word that everybody understands, or a share.

    A score on an unknown scale states nothing. Where higher is worse, yes and true are no
    praise: only a verdict counts.
    """
    worse = _WORSE_IF_HIGHER.search(named) is not None
    word = re.sub(r"\W+", "_", text(label)[:MAX_NAME].strip().lower())
    plain = word.removeprefix("not_")
    if plain in (_VERDICTS if worse else _GOOD | _BAD):
        return (plain in _GOOD) == (plain == word)
    if worse:
        return None
    if isinstance(score, bool):
        return score
    share = signed(score)
    if share is None:
        return None
    return share if 0 <= share <= 1 or (kind == "thumbs" and share == -1) else None
