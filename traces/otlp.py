"""Reads OTLP export requests, in protobuf and in JSON."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as ProtoMessage
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from pydantic import JsonValue

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.traces import Encoding
from pilotfish.traces.span import Span, SpanEvent, SpanStatus

Proto = TypeVar("Proto", bound=ProtoMessage)

_ODD_JSON: Final = (ParseError, ValueError, RecursionError, TypeError)
_STATUS: Final[dict[int, SpanStatus]] = {0: "unset", 1: "ok", 2: "error"}


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


class Export(NamedTuple):
    """The spans of one export request.

    Args:
        spans: those that can be read.
        rejected: how many cannot.
        reason: why the first of them cannot; empty if none.
    """

    spans: list[Span]
    rejected: int
    reason: str


def read_export(body: bytes, encoding: Encoding) -> Export:
    """Read an export request; a span that is odd is left out, and counted.

    Raises:
        SchemaError: the body is no export request.
    """
    request, rejected, reason = read_request(body, encoding)
    spans: list[Span] = []
    for batch in request.resource_spans:
        resource = _attributes(batch.resource.attributes)
        for scoped in batch.scope_spans:
            name = scoped.scope.name
            spans += [_span(span, resource, name) for span in scoped.spans]
    return Export(spans, rejected, reason)


def read_request(body: bytes, encoding: Encoding) -> ReadRequest:
    """Read an export request as protobuf's own objects, which is several times faster.

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


def _span(span: ProtoSpan, resource: dict[str, JsonValue], scope: str) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        name=span.name,
        start_us=span.start_time_unix_nano // 1000,
        end_us=span.end_time_unix_nano // 1000,
        status=_STATUS.get(span.status.code, "unset"),
        status_message=span.status.message,
        attributes=_attributes(span.attributes),
        resource=resource,
        scope=scope,
        events=tuple(
            SpanEvent(e.name, e.time_unix_nano // 1000, _attributes(e.attributes))
            for e in span.events
        ),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, JsonValue]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> JsonValue:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    read = _VALUES.get(kind)
    plain: JsonValue = getattr(value, kind)
    return plain if read is None else read(plain)


_VALUES: Final[dict[str, Callable[[Any], JsonValue]]] = {
    "bytes_value": lambda value: base64.b64encode(value).decode(),
    "array_value": lambda value: [_value(item) for item in value.values],
    "kvlist_value": lambda value: _attributes(value.values),
}
"""The values that JSON does not have as they are."""
