"""The real door on a real Kafka, asked by the programs that people use."""

from collections.abc import Iterator

import pytest
from faults.topics import messages
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from support.door import running_door

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import TraceExport
from pilotfish.traces.otlp import read_export


@pytest.fixture
def door(settings: Settings) -> Iterator[str]:
    with running_door(settings) as url:
        yield url


def test_what_opentelemetry_exports_is_in_kafka_before_the_answer(
    settings: Settings, door: str
) -> None:
    exporter = OTLPSpanExporter(f"{door}/v1/traces", compression=Compression.Gzip)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("an agent's run") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
    [(_, message)] = messages(settings, TRACES)
    assert isinstance(message, TraceExport)
    [read] = read_export(message.body, message.encoding).spans
    assert (read.name, read.trace_id) == ("an agent's run", trace_id)
    provider.shutdown()
