"""Records what agents export: the bytes of an OTLP request, and the spans in it."""

from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pilotfish.schemas.events import Event
from pilotfish.traces.mapping import events_of
from pilotfish.traces.otlp import read_export
from pilotfish.traces.span import Span

Fault = Literal["", "tool", "model"]
"""What goes wrong: nothing; the tool raises; the provider limits the rate."""
Ask = Callable[[str, Fault], None]
"""Asks an agent, which adds 1 and 2 with a tool and answers "It is 3"."""


class RateLimitError(Exception):
    """As providers' packages name it."""


class Recording:
    """A tracer provider that keeps what it is given."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(resource=Resource.create())
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def body(self) -> bytes:
        """Return an export request with all spans that ended since the last call."""
        spans = self._exporter.get_finished_spans()
        self._exporter.clear()
        return encode_spans(spans).SerializeToString()

    def spans(self) -> list[Span]:
        """Return these spans as they are read."""
        export = read_export(self.body(), "protobuf")
        assert not export.rejected, export.reason
        return export.spans

    def events(self) -> list[Event]:
        """Return the events of these spans, trace by trace."""
        traces: dict[str, list[Span]] = defaultdict(list)
        for span in self.spans():
            traces[span.trace_id].append(span)
        return [event for spans in traces.values() for event in events_of(spans, "t")]
