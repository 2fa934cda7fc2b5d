"""Large export requests in parts: every span is in one of them, or is counted."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from support.otlp import export_request

from pilotfish.traces.otlp import read_export
from pilotfish.traces.span import Span
from pilotfish.traces.splitting import divided

MAX = 5000


def spans(*requests: ExportTraceServiceRequest) -> list[Span]:
    bodies = [request.SerializeToString() for request in requests]
    return [span for body in bodies for span in read_export(body, "protobuf").spans]


sizes = st.tuples(
    st.integers(1, 8),  # spans
    st.sampled_from([0, 100, 900, 2500, 6000]),  # bytes of an attribute of each
    st.sampled_from([0, 500, 2000]),  # bytes of their resource
)


@given(st.lists(sizes, max_size=6))
def test_every_span_is_in_one_part_or_counted(
    scopes: list[tuple[int, int, int]],
) -> None:
    whole = ExportTraceServiceRequest()
    for number, (count, text, resource) in enumerate(scopes, 1):
        whole.MergeFrom(
            export_request(
                count,
                trace=bytes([number] * 16),
                attribute="x" * text,
                resource="r" * resource,
            )
        )
    parts, rejected = divided(whole, MAX)
    assert all(part.ByteSize() <= MAX for part in parts)
    read = spans(*parts)
    original = spans(whole)
    assert len(read) + rejected == len(original)
    assert [span for span in original if span in read] == read
    fitting = {
        n for n, (_, text, res) in enumerate(scopes, 1) if text < MAX and res < 1000
    }
    assert {int(span.trace_id[:2], 16) for span in read} == fitting


def test_what_is_small_stays_together() -> None:
    request = export_request(3)
    request.MergeFrom(export_request(2, resource="other"))
    [part] = divided(request, MAX).parts
    assert spans(part) == spans(request)
