"""The spans of an agent's run, as an exporter sends them."""

from collections.abc import Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import (
    ResourceSpans,
    ScopeSpans,
    Span,
    Status,
)

from pilotfish.schemas.traces import TraceExport

NOW_NS = 1_790_000_000 * 10**9


def span(
    trace: int, number: int, parent: int = 0, *, error: str = "", **texts: str
) -> Span:
    """Return span `number` of a trace; without a parent it is the root.

    Args:
        trace: its id.
        number: its id, from 1 on; it begins after so many milliseconds.
        parent: the number of the span above it.
        error: the message of its status, if that is an error.
        texts: attributes, their dots written as `__`.
    """
    return Span(
        trace_id=trace.to_bytes(16),
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        name=f"span {number}",
        start_time_unix_nano=NOW_NS + number * 10**6,
        end_time_unix_nano=NOW_NS + number * 2 * 10**6,
        status=Status(code=Status.STATUS_CODE_ERROR, message=error) if error else None,
        attributes=[
            KeyValue(key=name.replace("__", "."), value=AnyValue(string_value=text))
            for name, text in texts.items()
        ],
    )


def agent_run(trace: int, problem: str) -> list[Span]:
    """Return an agent's run with one tool call, in the order in which spans end."""
    tool = span(
        trace,
        2,
        1,
        openinference__span__kind="TOOL",
        tool__name="search",
        input__value="where",
        output__value="there",
    )
    root = span(
        trace,
        1,
        openinference__span__kind="AGENT",
        input__value=problem,
        output__value="done",
    )
    return [tool, root]


def request(spans: Sequence[Span]) -> bytes:
    """Return the export request of these spans, in protobuf."""
    scoped = ScopeSpans(spans=spans)
    batch = ResourceSpans(scope_spans=[scoped])
    return ExportTraceServiceRequest(resource_spans=[batch]).SerializeToString()


def export(tenant: str, spans: Sequence[Span]) -> TraceExport:
    """Return a tenant's export request of these spans."""
    return TraceExport(tenant=tenant, body=request(spans))
