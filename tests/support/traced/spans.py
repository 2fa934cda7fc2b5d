"""Spans for tests, with what matters to them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pilotfish.schemas.base import micros
from pilotfish.traces.span import Span, SpanEvent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
START_US = micros(datetime(2026, 11, 2, 12, tzinfo=UTC))


def span(number: int, parent: int = 0, **attributes: Any) -> Span:
    """Return a span that begins `number` seconds into the trace and takes half of one.

    Args:
        number: also its id.
        parent: the number of the span above it; 0 for a root.
        attributes: dots are double underscores.
    """
    start_us = START_US + number * 1_000_000
    return Span(
        trace_id=TRACE,
        span_id=f"{number:016x}",
        parent_id=f"{parent:016x}" if parent else "",
        name=f"span {number}",
        start_us=start_us,
        end_us=start_us + 500_000,
        attributes={name.replace("__", "."): v for name, v in attributes.items()},
    )


def failed(given: Span, kind: str, message: str) -> Span:
    """Return the span as it is when an exception left it."""
    told = {"exception.type": kind, "exception.message": message}
    event = SpanEvent("exception", given.end_us, {**told})
    return replace(given, status="error", events=(*given.events, event))
