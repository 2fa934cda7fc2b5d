"""What a trace tells of how its run went: evidence for labels, no verdict."""

from collections.abc import Iterator
from typing import Final

from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.schemas.json_in_text import mapping
from pilotfish.traces.evaluation import is_own, judged, told_by
from pilotfish.traces.evidence import Evidence
from pilotfish.traces.failure import Failure
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node
from pilotfish.traces.values import listed, signed

_EXIT_CODES: Final = ("exit_code", "exitCode", "returncode", "return_code")
"""Where the result of a tool that ran a process has its status."""


def evidence_of(run: Run, failure: Failure | None) -> list[Evidence]:
    """Return the evidence that the spans of a run hold, in the order of time.

    Args:
        run: what it is about.
        failure: how it failed, if it did.
    """
    found = [
        *(e for node in run.nodes for e in _evaluations(run, node)),
        *(e for node in run.nodes for e in _exit_code(node)),
        *(
            told_by(s.attributes, f"{s.span_id}/evaluation", s.start_us)
            for s in run.evaluations
        ),
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


def _evaluations(run: Run, node: Node) -> Iterator[Evidence]:
    """Yield results of evaluations: events of OpenTelemetry, attributes of OpenInference."""
    span = node.span
    results = [e for e in span.events if e.name == EVALUATION]
    for number, event in enumerate(results):
        within = span.start_us <= event.at_us <= span.end_us
        at_us = event.at_us if within else span.end_us
        if run.is_about(event.attributes) and not is_own(event.attributes):
            origin = f"{span.span_id}/evaluation.event.{number}"
            yield told_by(event.attributes, origin, at_us)
    for number, raw in enumerate(listed(node.operation.facts.get("evaluations"))):
        fields = mapping(raw)
        inside = mapping(fields.get("evaluation")) or mapping(fields.get("annotation"))
        origin = f"{span.span_id}/evaluation.{number}"
        yield judged(inside or fields, origin, span.end_us)
