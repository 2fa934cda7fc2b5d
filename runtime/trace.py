"""The agent's trace, from a request for advice to its hint, where OpenTelemetry is used.

W3C's `traceparent` travels in the headers of both records. The SDK imports this module,
so it loads nothing itself: an agent without OpenTelemetry has no span to continue.

In the agent's process the span in which an attempt begins is marked with the attempt's id:
what the SDK records, nobody needs to read from the trace again. The hint becomes a span of
the kind that OpenInference calls DECISION.
"""

import sys
import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pilotfish.schemas.evaluations import EVALUATION, evaluation

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from pilotfish.schemas.advice import HintGiven

TraceHeaders = list[tuple[str, str | bytes | None]]

ATTEMPT_ID: Final = "pilotfish.attempt_id"
APPROACH: Final = "pilotfish.approach"
_KIND: Final = "openinference.span.kind"
_SCORES: Final = {"succeeded": 1.0, "failed": 0.0}

_NAMES: Final = ("traceparent", "tracestate")
_LONGEST: Final = 512
"""The length that W3C allows a tracestate; longer ones would grow every reply."""


def current() -> TraceHeaders:
    """Return the headers of the span that is current in this thread; often none."""
    if "opentelemetry.trace" not in sys.modules:
        return []
    from opentelemetry.trace.propagation import tracecontext

    carrier: dict[str, str] = {}
    tracecontext.TraceContextTextMapPropagator().inject(carrier)
    return [(name, text.encode()) for name, text in carrier.items()]


def span_of_attempt(attempt_id: str) -> "Span | None":
    """Mark the current span with the attempt that begins in it; None without a span."""
    if "opentelemetry.trace" not in sys.modules:
        return None
    from opentelemetry import trace

    span = trace.get_current_span()
    if not span.is_recording():
        return None
    span.set_attribute(ATTEMPT_ID, attempt_id)
    return span


def mark_approach(span: "Span | None", approach: str | None) -> None:
    """Add the approach that the attempt uses to its span, if that is still open."""
    if span is not None and approach and span.is_recording():
        span.set_attribute(APPROACH, approach)


def decided(
    span: "Span | None", began_ns: int, text: str, attributes: Mapping[str, Any]
) -> None:
    """Make the hint that an attempt got a span below that of the attempt.

    Args:
        span: of the attempt.
        began_ns: when advice was asked for, in nanoseconds since 1970.
        text: the sentence for the prompt.
        attributes: of the hint; those that are None are left out.
    """
    tracer = _tracer() if span is not None else None
    if span is None or tracer is None:
        return
    from opentelemetry import trace

    given = {f"pilotfish.{k}": v for k, v in attributes.items() if v is not None}
    tracer.start_span(
        "pilotfish.advice",
        context=trace.set_span_in_context(span),
        start_time=began_ns,
        attributes={_KIND: "DECISION", "output.value": text, **given},
    ).end()


def evaluated(span: "Span | None", status: str, reason: str) -> None:
    """Tell the span of an attempt its outcome, as OpenTelemetry's evaluation of it.

    Only `succeeded` and `failed` are outcomes, and only an open span takes events.
    """
    if span is None or status not in _SCORES or not span.is_recording():
        return
    span.add_event(EVALUATION, evaluation("outcome", status, _SCORES[status], reason))


def of_record(headers: TraceHeaders) -> TraceHeaders:
    """Return the headers of a record that are about its trace, unless they are too long."""
    named = dict(headers)
    return [
        (name, named[name])
        for name in _NAMES
        if 0 < len(named.get(name) or "") <= _LONGEST
    ]


def answered(parent: TraceHeaders, hint: "HintGiven") -> TraceHeaders:
    """Make the answer that was just given a span of the trace; return its headers.

    Without OpenTelemetry, or without a trace, the headers of the request.
    """
    tracer = _tracer() if parent else None
    if tracer is None:
        return parent
    from opentelemetry import trace
    from opentelemetry.trace.propagation import tracecontext

    propagator = tracecontext.TraceContextTextMapPropagator()
    carrier = {name: _text(value) for name, value in parent}
    now_ns = time.time_ns()
    span = tracer.start_span(
        "pilotfish.hint",
        context=propagator.extract(carrier),
        kind=trace.SpanKind.CONSUMER,
        start_time=now_ns - int(hint.latency_ms * 1e6),
        attributes={
            "pilotfish.request_id": hint.request_id,
            "pilotfish.attempt_id": hint.attempt_id or "",
            "pilotfish.advisor_version": hint.advisor_version,
            "pilotfish.approach": hint.approach or "",
            "pilotfish.abstained": hint.abstained or "",
        },
    )
    span.end(now_ns)
    with trace.use_span(span):
        return current()


@cache
def _tracer() -> "Tracer | None":
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace.get_tracer("pilotfish")


def _text(header: str | bytes | None) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else header or ""
