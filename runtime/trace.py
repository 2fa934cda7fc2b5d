"""The agent's trace, from a request for advice to its hint, where OpenTelemetry is used.

W3C's `traceparent` travels in the headers of both records. The SDK imports this module,
so it loads nothing itself: an agent without OpenTelemetry has no span to continue.
"""

import sys
import time
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from pilotfish.schemas.advice import HintGiven

TraceHeaders = list[tuple[str, str | bytes | None]]

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
