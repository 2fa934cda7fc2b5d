"""Evaluations that arrive as log records, made into spans.

As a span below the one it is about, an evaluation is kept where that one is kept, and the
two find each other whichever comes first. One that names no trace but the response of a
model is kept for that response. Its id follows from what it says of which span, so that the
same one counts once, and one that says something else counts, too.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from pydantic import JsonValue

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.schemas.traces import Encoding
from pilotfish.traces.evaluation import identity, is_own
from pilotfish.traces.otlp_bound import Bound
from pilotfish.traces.otlp_json import listed, request_of, required
from pilotfish.traces.otlp_json_values import Fields, id_of, parent_id_of, text, whole
from pilotfish.traces.otlp_json_values import attributes as json_attributes
from pilotfish.traces.otlp_protobuf import attributes as proto_attributes
from pilotfish.traces.responses import response_of, trace_of_response


class Evaluations(NamedTuple):
    """The evaluations among the log records of an export request.

    Args:
        body: an export request of spans, in the encoding of that of log records.
        ignored: how many other log records there were.
    """

    body: bytes
    ignored: int


def evaluations_in(body: bytes, encoding: Encoding) -> Evaluations:
    """Return the evaluations of an export request of log records.

    Raises:
        SchemaError: the body is no export request, or holds too much.
    """
    return _in_json(body) if encoding == "json" else _in_protobuf(body)


def _in_protobuf(body: bytes) -> Evaluations:
    try:
        logs = ExportLogsServiceRequest.FromString(body)
    except DecodeError as error:
        raise SchemaError("the body is no OTLP export request in protobuf") from error
    request, ignored, bound = ExportTraceServiceRequest(), 0, Bound()
    for batch in bound.within(logs.resource_logs):
        into = request.resource_spans.add(resource=batch.resource)
        for scoped in bound.within(batch.scope_logs):
            records = bound.within(scoped.log_records)
            spans = [_proto_span(record) for record in records if _is_proto(record)]
            ignored += len(records) - len(spans)
            if spans:
                into.scope_spans.add(scope=scoped.scope, spans=spans)
    return Evaluations(request.SerializeToString(), ignored)


def _is_proto(record: LogRecord) -> bool:
    return _is_evaluation(record.event_name, proto_attributes(record.attributes))


def _proto_span(record: LogRecord) -> ProtoSpan:
    told = proto_attributes(record.attributes)
    trace_id = _trace_of(record.trace_id.hex(), told)
    own_id = bytes.fromhex(_own_id(trace_id, record.span_id.hex(), told))
    at_ns = record.time_unix_nano or record.observed_time_unix_nano
    return ProtoSpan(
        trace_id=bytes.fromhex(trace_id),
        span_id=own_id,
        parent_span_id=record.span_id if any(record.span_id) else own_id,
        name=EVALUATION,
        start_time_unix_nano=at_ns,
        end_time_unix_nano=at_ns,
        attributes=record.attributes,
    )


def _in_json(body: bytes) -> Evaluations:
    batches, ignored, bound = [], 0, Bound()
    for batch in bound.within(listed(request_of(body), "resourceLogs")):
        scopes = []
        for scoped in bound.within(listed(required(batch), "scopeLogs")):
            records = bound.within(listed(required(scoped), "logRecords"))
            spans = [
                _json_span(r) for r in records if isinstance(r, dict) and _is_json(r)
            ]
            ignored += len(records) - len(spans)
            scopes.append({"scope": required(scoped).get("scope"), "spans": spans})
        batches.append(
            {"resource": required(batch).get("resource"), "scopeSpans": scopes}
        )
    return Evaluations(_dumped({"resourceSpans": batches}), ignored)


def _dumped(request: dict[str, Any]) -> bytes:
    try:
        return json.dumps(request).encode()
    except RecursionError as error:
        raise SchemaError("a value of an evaluation is nested too deeply") from error


def _is_json(record: Fields) -> bool:
    return _is_evaluation(text(record.get("eventName")), json_attributes(record))


def _json_span(record: Fields) -> dict[str, Any]:
    told = json_attributes(record)
    trace_id = _trace_of(id_of(record.get("traceId")), told)
    about = parent_id_of(record.get("spanId"))
    own_id = _own_id(trace_id, about, told)
    at_ns = whole(record.get("timeUnixNano")) or whole(
        record.get("observedTimeUnixNano")
    )
    return {
        "traceId": trace_id,
        "spanId": own_id,
        "parentSpanId": about or own_id,
        "name": EVALUATION,
        "startTimeUnixNano": str(at_ns),
        "endTimeUnixNano": str(at_ns),
        "attributes": record.get("attributes"),
    }


def _is_evaluation(event: str, told: Mapping[str, JsonValue]) -> bool:
    """Return whether a log record is an evaluation by somebody else.

    Before events had a field for their name, it was an attribute.
    """
    named = event or told.get("event.name")
    return named == EVALUATION and not is_own(told)


def _trace_of(given: str, told: Mapping[str, JsonValue]) -> str:
    """Return the trace of an evaluation; without one it may name a response."""
    response = response_of(told)
    named = given.strip("0") or not response
    return given if named else trace_of_response(response)


def _own_id(trace_id: str, about: str, told: Mapping[str, JsonValue]) -> str:
    """Return the id of an evaluation's span; the span that it is about may be unknown."""
    response = response_of(told)
    what = [*identity(told), response] if response else identity(told)
    origin = "\n".join([trace_id, about, *what])
    return hashlib.sha256(origin.encode("utf-8", "replace")).hexdigest()[:16]
