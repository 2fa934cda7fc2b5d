"""OTLP export requests as protobuf's own objects, which can be divided and counted fast."""

import base64
import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as ProtoMessage
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.traces import Encoding

Proto = TypeVar("Proto", bound=ProtoMessage)

_ODD_JSON: Final = (ParseError, ValueError, RecursionError, TypeError)


class ReadRequest(NamedTuple):
    """An export request without the spans that cannot be read.

    Args:
        request: what can be read.
        rejected: how many spans cannot.
        reason: why the first of them cannot; empty if none.
    """

    request: ExportTraceServiceRequest
    rejected: int
    reason: str


def read_request(body: bytes, encoding: Encoding) -> ReadRequest:
    """Read an export request.

    Raises:
        SchemaError: the body is no export request.
    """
    if encoding == "json":
        return _from_json(body)
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise SchemaError("the body is no OTLP export request in protobuf") from error
    problems: list[str] = []
    for batch in request.resource_spans:
        for scoped in batch.scope_spans:
            problems += _without_odd_spans(scoped)
    return ReadRequest(request, len(problems), problems[0] if problems else "")


def _without_odd_spans(scoped: ScopeSpans) -> list[str]:
    """Take out what is no span; return the reasons."""
    problems = [_problem(span) for span in scoped.spans]
    if any(problems):
        good = [s for s, why in zip(scoped.spans, problems, strict=True) if not why]
        del scoped.spans[:]
        scoped.spans.extend(good)
    return [problem for problem in problems if problem]


def _from_json(body: bytes) -> ReadRequest:
    """Read JSON span by span, so that one of them does not cost the others."""
    request = ExportTraceServiceRequest()
    problems: list[str] = []
    try:
        for resource_spans in json.loads(body).get("resourceSpans", ()):
            scopes = resource_spans.pop("scopeSpans", ())
            batch = _parsed(resource_spans, request.resource_spans.add())
            for scope_spans in scopes:
                spans = scope_spans.pop("spans", ())
                scoped = _parsed(scope_spans, batch.scope_spans.add())
                problems += _add_spans(scoped, spans)
    except (*_ODD_JSON, AttributeError) as error:
        raise SchemaError(
            f"the body is no OTLP export request in JSON: {error}"
        ) from error
    return ReadRequest(request, len(problems), problems[0] if problems else "")


def _add_spans(scoped: ScopeSpans, spans: Iterable[Any]) -> list[str]:
    """Add what is a span; return why the others are none."""
    problems = []
    for data in spans:
        try:
            span = _parsed(_with_base64_ids(data), ProtoSpan())
        except _ODD_JSON as error:
            problems.append(str(error))
            continue
        problem = _problem(span)
        if problem:
            problems.append(problem)
        else:
            scoped.spans.append(span)
    return problems


def _parsed(data: Any, into: Proto) -> Proto:
    return ParseDict(data, into, ignore_unknown_fields=True)


def _with_base64_ids(value: Any) -> Any:
    """Turn ids into protobuf's JSON: OTLP writes them in hexadecimal digits."""
    if isinstance(value, list):
        return [_with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _base64_id(item)
        if key in ("traceId", "spanId", "parentSpanId") and isinstance(item, str)
        else _with_base64_ids(item)
        for key, item in value.items()
    }


def _base64_id(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def _problem(span: ProtoSpan) -> str:
    if len(span.trace_id) != 16 or not any(span.trace_id):
        return "a trace id has 16 bytes, not all of them zero"
    if len(span.span_id) != 8 or not any(span.span_id):
        return "a span id has 8 bytes, not all of them zero"
    return ""
