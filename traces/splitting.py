"""Divides an export request that is too large for one message."""

from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

_FRAME_BYTES = 64
"""More than protobuf's tags and lengths around a span, or around a scope, take."""


class Divided(NamedTuple):
    """The parts of a request, and how many spans fit into none."""

    parts: list[ExportTraceServiceRequest]
    rejected: int


def divided(request: ExportTraceServiceRequest, max_bytes: int) -> Divided:
    """Return requests of at most `max_bytes` in protobuf, with all spans that fit.

    Each part repeats the resources and scopes of its spans. Where these take more than a
    quarter of a message their spans are rejected, too: they would be repeated too often.
    """
    filling = _Filling(max_bytes)
    rejected = 0
    for batch in request.resource_spans:
        for scoped in batch.scope_spans:
            rejected += filling.add(batch, scoped)
    return Divided(filling.parts, rejected)


class _Filling:
    """Requests that are filled one after the other."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._used = max_bytes
        self.parts: list[ExportTraceServiceRequest] = []

    def add(self, batch: ResourceSpans, scoped: ScopeSpans) -> int:
        """Add the spans of a scope; return how many fit into no part."""
        head = _head_bytes(batch, scoped)
        if head > self._max_bytes // 4:
            return len(scoped.spans)
        rejected = 0
        into: ScopeSpans | None = None
        for span in scoped.spans:
            size = span.ByteSize() + _FRAME_BYTES
            if head + size > self._max_bytes:
                rejected += 1
                continue
            if self._used + size + (0 if into else head) > self._max_bytes:
                self._begin()
                into = None
            if into is None:
                into = self._open(batch, scoped)
                self._used += head
            into.spans.append(span)
            self._used += size
        return rejected

    def _begin(self) -> None:
        self.parts.append(ExportTraceServiceRequest())
        self._used = 0

    def _open(self, batch: ResourceSpans, scoped: ScopeSpans) -> ScopeSpans:
        """Return where spans of this scope go in the current part."""
        opened = self.parts[-1].resource_spans.add(schema_url=batch.schema_url)
        opened.resource.CopyFrom(batch.resource)
        into = opened.scope_spans.add(schema_url=scoped.schema_url)
        into.scope.CopyFrom(scoped.scope)
        return into


def _head_bytes(batch: ResourceSpans, scoped: ScopeSpans) -> int:
    urls = len(batch.schema_url.encode()) + len(scoped.schema_url.encode())
    sizes = batch.resource.ByteSize() + scoped.scope.ByteSize()
    return urls + sizes + _FRAME_BYTES
