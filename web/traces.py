"""`POST /v1/traces`: spans, as they came."""

from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from pilotfish.runtime.service.metrics import SPANS
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import Encoding, TraceExport
from pilotfish.traces.export_request import export_request
from pilotfish.traces.otlp import read_export
from pilotfish.traces.splitting import divided
from pilotfish.web.otlp import ExportKind, Records


def records_of(body: bytes, encoding: Encoding, tenant: str) -> Records:
    """Return the messages of an export request: one, or several where it is too large.

    Raises:
        SchemaError: the body is no export request.
    """
    spans, rejected, reason = read_export(body, encoding)
    if not spans:
        return Records([], 0, rejected, reason)
    if len(body) <= TRACES.max_bytes:
        raw = TraceExport(body=body, tenant=tenant, encoding=encoding)
        return Records([(spans[0].trace_id, raw)], len(spans), rejected, reason)
    parts, too_large = divided(export_request(body, encoding), TRACES.max_bytes)
    if too_large and not reason:
        reason = f"a span with its resource has more than {TRACES.max_bytes} bytes"
    keyed = [
        (_trace_id(part), TraceExport(body=part.SerializeToString(), tenant=tenant))
        for part in parts
    ]
    taken = max(0, len(spans) - too_large)
    return Records(keyed, taken, rejected + too_large, reason)


def _trace_id(request: ExportTraceServiceRequest) -> str:
    """Return the trace of the first span."""
    return request.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()


def _answer(records: Records) -> ExportTraceServiceResponse:
    answer = ExportTraceServiceResponse()
    if records.rejected:
        answer.partial_success.rejected_spans = records.rejected
        answer.partial_success.error_message = records.reason
    return answer


KIND: Final = ExportKind(records_of, _answer, SPANS)
