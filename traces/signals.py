"""What a trace tells of how its run went: evidence for labels, no verdict."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import JsonValue

from pilotfish.schemas.events import MAX_DETAIL, SignalKind
from pilotfish.schemas.signals import Stated
from pilotfish.traces.failure import outcome_of
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node
from pilotfish.traces.values import listed, mapping, signed, text

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
_WORSE_IF_HIGHER: Final = re.compile(
    r"toxic|hallucinat|bias|harm|error|jailbreak|violation|refus|risk|latency|cost",
    re.IGNORECASE,
)
_OF_PEOPLE: Final = re.compile(r"thumb|feedback|user_rating|user_score", re.IGNORECASE)
_EXIT_CODES: Final = ("exit_code", "exitCode", "returncode", "return_code")
"""Where the result of a tool that ran a process has its status."""


class Evidence(NamedTuple):
    """A signal, and what of which span it is, which makes its id."""

    at_us: int
    origin: str
    kind: SignalKind
    value: Stated | None = None
    detail: str = ""


def evidence_of(run: Run) -> list[Evidence]:
    """Return the evidence that the spans of a run hold, in the order of time."""
    found = [
        *(e for node in run.nodes for e in _evaluations(node)),
        *(e for node in run.nodes for e in _exit_code(node)),
        *_failure(run),
    ]
    return sorted(found, key=lambda evidence: evidence.at_us)


def _failure(run: Run) -> Iterator[Evidence]:
    outcome = outcome_of(run)
    if outcome and outcome.kind:
        span = outcome.node.span
        origin = f"{span.span_id}/error"
        yield Evidence(span.end_us, origin, outcome.kind, detail=outcome.detail)


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
    results = [e for e in span.events if e.name == "gen_ai.evaluation.result"]
    for number, event in enumerate(results):
        fields = {
            k.removeprefix("gen_ai.evaluation."): v for k, v in event.attributes.items()
        }
        score = fields.get("score.value")
        origin = f"{span.span_id}/evaluation.event.{number}"
        yield _judged(
            event.at_us,
            origin,
            fields | {"score": score, "label": fields.get("score.label")},
        )
    for number, raw in enumerate(listed(node.operation.facts.get("evaluations"))):
        told = mapping(raw)
        fields = (
            mapping(told.get("evaluation")) or mapping(told.get("annotation")) or told
        )
        origin = f"{span.span_id}/evaluation.{number}"
        yield _judged(span.end_us, origin, fields)


def _judged(at_us: int, origin: str, fields: dict[str, JsonValue]) -> Evidence:
    named = text(fields.get("name"))
    value = _value(named, fields.get("label"), fields.get("score"))
    parts = (named, *(text(fields.get(k)) for k in ("label", "score", "explanation")))
    detail = ": ".join(part for part in parts if part)[:MAX_DETAIL]
    return Evidence(at_us, origin, _kind(named, fields), value, detail)


def _kind(named: str, fields: dict[str, JsonValue]) -> SignalKind:
    annotator = text(fields.get("annotator_kind")).upper()
    if annotator == "HUMAN" or _OF_PEOPLE.search(named):
        return "thumbs"
    return "verifier" if annotator == "CODE" else "judge"


def _value(named: str, label: JsonValue, score: JsonValue) -> Stated | None:
    """Return what was stated: by a word that everybody understands, or a share.

    A score on an unknown scale, and one where higher is worse, states nothing.
    """
    word = re.sub(r"\W+", "_", text(label).strip().lower())
    if word in _GOOD | _BAD:
        return word in _GOOD
    if isinstance(score, bool):
        return score
    share = signed(score)
    known = share is not None and 0 <= share <= 1
    return share if known and not _WORSE_IF_HIGHER.search(named) else None
