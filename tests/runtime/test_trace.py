"""The agent's trace: nothing without OpenTelemetry, and from SDK to hint with it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, TopicPartition
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.advice.asking import APPROACHES, advising
from support.advice.tiny import tiny_bundle

import pilotfish
from pilotfish.runtime import trace
from pilotfish.runtime.kafka import consumer, headers
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.topics import ADVICE_REPLIES

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HINT = HintGiven(request_id="r", tenant="t", client_id="c", abstained="unsure")

WITHOUT = f"""
import sys
sys.modules["opentelemetry"] = None
import pilotfish
from pilotfish.schemas.advice import HintGiven
from pilotfish.runtime import trace
hint = HintGiven(request_id="r", tenant="t", client_id="c", abstained="unsure")
assert trace.current() == []
assert trace.answered([], hint) == []
assert trace.answered([("traceparent", b"{PARENT}")], hint) == [("traceparent", b"{PARENT}")]
"""
UNUSED = """
import sys
from pilotfish.runtime import trace
assert trace.current() == []
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[TracerProvider]:
    """This process's tracer; can be set once only."""
    made = TracerProvider()
    otel.set_tracer_provider(made)
    yield made
    made.shutdown()


@pytest.fixture
def spans(provider: TracerProvider) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.mark.parametrize("code", [WITHOUT, UNUSED])
def test_without_opentelemetry_nothing_is_loaded_or_made(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("spans")
def test_without_a_span_there_are_no_headers() -> None:
    assert trace.current() == []
    assert trace.answered([], HINT) == []


def test_only_what_may_be_a_trace_is_taken_from_a_record() -> None:
    given: trace.TraceHeaders = [
        ("schema", b"AdviceRequested"),
        ("traceparent", PARENT.encode()),
        ("tracestate", b"x" * 5000),
    ]
    assert trace.of_record(given) == [("traceparent", PARENT.encode())]
    assert trace.of_record([("traceparent", None)]) == []


@pytest.mark.parametrize("bad", [b"", b"\xff", b"00-zz", b"00-" + b"0" * 32])
def test_a_trace_that_cannot_be_read_is_a_trace_of_its_own(
    spans: InMemorySpanExporter, bad: bytes
) -> None:
    trace.answered([("traceparent", bad)], HINT)
    [span] = spans.get_finished_spans()
    assert span.parent is None


def test_a_hint_is_a_span_of_the_agent_s_trace(
    settings: Settings, provider: TracerProvider, spans: InMemorySpanExporter
) -> None:
    tiny_bundle(settings.models, "base", "tiny-1")
    never_held_out = settings.model_copy(update={"holdout": 0.0})
    reader = consumer(settings, "replies")
    reader.assign(_ends(reader))
    with (
        advising(never_held_out),
        pilotfish.connect(
            kafka=settings.kafka, tenant=settings.tenant, advice_deadline_s=30
        ) as pilot,
        pilot.attempt("w1 w7") as attempt,
        provider.get_tracer("agent").start_as_current_span("my agent") as agent,
    ):
        hint = attempt.advice(APPROACHES)
    made = next(s for s in spans.get_finished_spans() if s.name == "pilotfish.hint")
    own = made.get_span_context()
    assert made.parent is not None and own is not None
    assert made.parent.span_id == agent.get_span_context().span_id
    assert own.trace_id == agent.get_span_context().trace_id
    assert made.attributes == {
        "pilotfish.request_id": hint.request_id,
        "pilotfish.attempt_id": attempt.id,
        "pilotfish.advisor_version": "tiny-1",
        "pilotfish.approach": hint.approach or "",
        "pilotfish.abstained": hint.abstained or "",
    }
    assert made.start_time is not None and made.end_time is not None
    assert 0 < made.end_time - made.start_time < 30e9
    parent = _parent_of_reply(reader, hint.request_id)
    assert parent.startswith(f"00-{own.trace_id:032x}-{own.span_id:016x}-".encode())


def _ends(reader: Consumer) -> list[TopicPartition]:
    places = [
        TopicPartition(ADVICE_REPLIES.name, n) for n in range(ADVICE_REPLIES.partitions)
    ]
    for place in places:
        place.offset = reader.get_watermark_offsets(place, timeout=60)[1]
    return places


def _parent_of_reply(reader: Consumer, request_id: str) -> bytes:
    """Return the trace header of the reply to a request."""
    while (record := reader.poll(20)) is not None:
        if request_id.encode() in (record.value() or b""):
            reader.close()
            value = dict(headers(record))["traceparent"]
            assert isinstance(value, bytes)
            return value
    raise AssertionError("no reply")
