"""What a trace tells of how its run went: evidence for labels, no verdict."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import JsonValue

from pilotfish.schemas.events import MAX_DETAIL, SignalKind
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.signals import Stated
from pilotfish.traces.failure import Failure
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node
from pilotfish.traces.values import listed, signed, text

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
_EVALUATION: Final = "gen_ai.evaluation.result"
_IN_EVENTS: Final = {
    "name": "gen_ai.evaluation.name",
    "label": "gen_ai.evaluation.score.label",
    "score": "gen_ai.evaluation.score.value",
    "explanation": "gen_ai.evaluation.explanation",
}
_EXIT_CODES: Final = ("exit_code", "exitCode", "returncode", "return_code")
"""Where the result of a tool that ran a process has its status."""


class Evidence(NamedTuple):
    """A signal, and what of which span it is, which makes its id."""

    at_us: int
    origin: str
    kind: SignalKind
    value: Stated | None = None
    detail: str = ""


def evidence_of(run: Run, failure: Failure | None) -> list[Evidence]:
    """Return the evidence that the spans of a run hold, in the order of time.

    Args:
        run: what it is about.
        failure: how it failed, if it did.
    """
    found = [
        *(e for node in run.nodes for e in _evaluations(node)),
        *(e for node in run.nodes for e in _exit_code(node)),
        *_failed(failure),
    ]
    return sorted(found, key=lambda evidence: evidence.at_us)


def _failed(failure: Failure | None) -> Iterator[Evidence]:
    if failure and failure.kind:
        span = failure.node.span
        origin = f"{span.span_id}/error"
        yield Evidence(span.end_us, origin, failure.kind, detail=failure.detail)


def _exit_code(node: Node) -> Iterator[Evidence]:
    operation, span = node.operation, node.span
    given = operation.facts.get("exit_code")
    if given is None and operation.kind == "tool":
        result = mapping(operation.facts.get("result", operation.facts.get("output")))
        given = next((result[key] for key in _EXIT_CODES if key in result), None)
    status = signed(given)
    if status is not None and status.is_integer():
        origin = f"{span.span_id}/exit_code"
        yield Evidence(span.end_us, origin, "exit_code", status, operation.called)


def _evaluations(node: Node) -> Iterator[Evidence]:
    """Yield results of evaluations: events of OpenTelemetry, attributes of OpenInference."""
    span = node.span
    results = [e for e in span.events if e.name == _EVALUATION]
    for number, event in enumerate(results):
        told = event.attributes
        within = span.start_us <= event.at_us <= span.end_us
        at_us = event.at_us if within else span.end_us
        origin = f"{span.span_id}/evaluation.event.{number}"
        yield _judged(at_us, origin, {f: told.get(a) for f, a in _IN_EVENTS.items()})
    for number, raw in enumerate(listed(node.operation.facts.get("evaluations"))):
        fields = mapping(raw)
        inside = mapping(fields.get("evaluation")) or mapping(fields.get("annotation"))
        origin = f"{span.span_id}/evaluation.{number}"
        yield _judged(span.end_us, origin, inside or fields)


def _judged(at_us: int, origin: str, fields: dict[str, JsonValue]) -> Evidence:
    named = text(fields.get("name"))
    parts = (named, *(text(fields.get(k)) for k in ("label", "score", "explanation")))
    detail = ": ".join(part for part in parts if part)[:MAX_DETAIL]
    kind = _kind(named, fields)
    value = _value(kind, named, fields.get("label"), fields.get("score"))
    return Evidence(at_us, origin, kind, value, detail)


def _kind(named: str, fields: dict[str, JsonValue]) -> SignalKind:
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
    if word in (_VERDICTS if worse else _GOOD | _BAD):
        return word in _GOOD
    if worse:
        return None
    if isinstance(score, bool):
        return score
    share = signed(score)
    if share is None:
        return None
    return share if 0 <= share <= 1 or (kind == "thumbs" and share == -1) else None
