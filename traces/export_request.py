"""OTLP export requests as protobuf's own objects, whole, so that they can be divided."""

import base64
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, TypeVar

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

_ODD: Final = (
    AttributeError,
    DecodeError,
    ParseError,
    RecursionError,
    TypeError,
    ValueError,
)
_IDS: Final = ("traceId", "spanId", "parentSpanId")


def export_request(body: bytes, encoding: Encoding) -> ExportTraceServiceRequest:
    """Return a body's request; in JSON, what is no span is left out.

    Raises:
        SchemaError: the body is no export request.
    """
    try:
        if encoding == "json":
            return _from_json(json.loads(body))
        return ExportTraceServiceRequest.FromString(body)
    except _ODD as error:
        raise SchemaError(f"the body is no OTLP export request: {error}") from error


def _from_json(data: Any) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for resource_spans in data.get("resourceSpans", ()):
        scopes = resource_spans.pop("scopeSpans", ())
        batch = _parsed(resource_spans, request.resource_spans.add())
        for scope_spans in scopes:
            spans = scope_spans.pop("spans", ())
            _add_spans(_parsed(scope_spans, batch.scope_spans.add()), spans)
    return request


def _add_spans(scoped: ScopeSpans, spans: Iterable[Any]) -> None:
    for data in spans:
        with suppress(*_ODD):
            scoped.spans.append(_parsed(_with_base64_ids(data), ProtoSpan()))


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
        if key in _IDS and isinstance(item, str)
        else _with_base64_ids(item)
        for key, item in value.items()
    }


def _base64_id(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()
