"""Export requests of OpenTelemetry for tests."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

TRACE = bytes(range(16))


def export_request(
    spans: int = 1,
    *,
    trace: bytes = TRACE,
    odd: int = 0,
    attribute: str = "",
    resource: str = "",
) -> ExportTraceServiceRequest:
    """Return a request with that many spans, and then `odd` ones without a span id."""
    request = ExportTraceServiceRequest()
    batch = request.resource_spans.add()
    batch.resource.attributes.add(key="service.name").value.string_value = resource
    scoped = batch.scope_spans.add()
    scoped.scope.name = "test"
    for number in range(spans + odd):
        span = scoped.spans.add(trace_id=trace, name=f"span {number}")
        span.span_id = (
            number.to_bytes(8) if number >= spans else (number + 1).to_bytes(8)
        )
        if number >= spans:
            span.span_id = b""
        span.start_time_unix_nano = 1_800_000_000_000_000_000 + number
        span.end_time_unix_nano = span.start_time_unix_nano + 1000
        if attribute:
            span.attributes.add(key="text").value.string_value = attribute
    return request
