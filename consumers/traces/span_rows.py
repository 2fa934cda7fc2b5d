"""Spans to rows of the table `spans`, and back."""

import json
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from pilotfish.traces.span import Span, SpanEvent


class SpanRow(NamedTuple):
    """The columns of `spans`; what is nested is JSON."""

    tenant: str
    trace_id: str
    span_id: str
    parent_id: str
    remote_parent: bool
    name: str
    at: int
    duration_s: float
    status: str
    status_message: str
    scope: str
    attributes: str
    resource: str
    events: str


COLUMNS: Final = SpanRow._fields
SELECTED: Final = ", ".join(
    "toUnixTimestamp64Micro(at)" if column == "at" else column for column in COLUMNS
)
"""The columns as `span_of` takes them."""


def row_of(tenant: str, span: Span) -> SpanRow:
    """Return the row of a tenant's span."""
    return SpanRow(
        tenant=tenant,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        remote_parent=span.remote_parent,
        name=span.name,
        at=span.start_us,
        duration_s=(span.end_us - span.start_us) / 1e6,
        status=span.status,
        status_message=span.status_message,
        scope=span.scope,
        attributes=_json(span.attributes),
        resource=_json(span.resource),
        events=_json([asdict(event) for event in span.events]),
    )


def span_of(row: SpanRow) -> Span:
    """Return the span of a row."""
    events = [SpanEvent(**event) for event in json.loads(row.events)]
    return Span(
        trace_id=row.trace_id,
        span_id=row.span_id,
        parent_id=row.parent_id,
        name=row.name,
        start_us=row.at,
        end_us=row.at + round(row.duration_s * 1e6),
        status=row.status,  # type: ignore[arg-type] # one of those that were written
        status_message=row.status_message,
        attributes=json.loads(row.attributes),
        resource=json.loads(row.resource),
        scope=row.scope,
        events=tuple(events),
        remote_parent=row.remote_parent,
    )


def _json(value: Any) -> str:
    return to_json(value, inf_nan_mode="constants").decode()
