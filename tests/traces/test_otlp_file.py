import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from pilotfish.schemas.events import StepRecorded
from pilotfish.schemas.imports.format import Source
from pilotfish.schemas.imports.formats import format_of
from pilotfish.traces.otlp_file import FORMAT, read

TRACES = (bytes(range(1, 17)), bytes(range(2, 18)))
AT_NS = 1_790_000_000_000_000_000


def request(*spans: tuple[int, int]) -> ExportTraceServiceRequest:
    """Return a request with spans, each given by its trace and its number."""
    made = ExportTraceServiceRequest()
    scope = made.resource_spans.add().scope_spans.add()
    for trace, number in spans:
        scope.spans.add(
            trace_id=TRACES[trace],
            span_id=bytes([0, 0, 0, 0, 0, 0, 1, number]),
            name=f"span {number}",
            attributes=[
                KeyValue(key=key, value=AnyValue(string_value=value))
                for key, value in (
                    ("openinference.span.kind", "TOOL"),
                    ("tool.name", f"span {number}"),
                )
            ],
            start_time_unix_nano=AT_NS + number * 1_000_000,
            end_time_unix_nano=AT_NS + number * 2_000_000,
        )
    return made


def as_json(made: ExportTraceServiceRequest) -> str:
    """Return a request in OTLP's JSON: ids are in hexadecimal digits."""
    data: dict[str, Any] = MessageToDict(made)
    for batch in data["resourceSpans"]:
        for scope in batch["scopeSpans"]:
            for span, sent in zip(
                scope["spans"], made.resource_spans[0].scope_spans[0].spans, strict=True
            ):
                span |= {"traceId": sent.trace_id.hex(), "spanId": sent.span_id.hex()}
    return json.dumps(data)


REQUESTS = [request((0, 1), (1, 2)), request((1, 3)), request((0, 4))]


def attempts(path: Path) -> tuple[list[list[str]], list[str]]:
    assert format_of(path, [FORMAT]) is FORMAT
    source = Source(path, tenant="acme")
    found = list(read(source))
    assert {event.tenant for events in found for event in events} <= {"acme"}
    names = [
        [e.name for e in events if isinstance(e, StepRecorded) and e.kind == "action"]
        for events in found
    ]
    return names, source.findings.sentences()


BY_TRACE = [["span 2", "span 3"], ["span 1", "span 4"]]


@pytest.mark.parametrize("zipped", [False, True])
def test_a_trace_is_gathered_from_all_lines(tmp_path: Path, zipped: bool) -> None:
    content = "\n".join(map(as_json, REQUESTS)).encode()
    path = tmp_path / "traces.jsonl"
    path.write_bytes(gzip.compress(content) if zipped else content)
    assert attempts(path) == (BY_TRACE, [])


def test_protobuf_after_its_length_is_read(tmp_path: Path) -> None:
    bodies = [made.SerializeToString() for made in REQUESTS]
    path = tmp_path / "traces.pb"
    path.write_bytes(b"".join(len(b).to_bytes(4) + b for b in bodies))
    assert attempts(path) == (BY_TRACE, [])


def test_a_body_in_protobuf_is_read(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(request((0, 1), (0, 2)).SerializeToString())
    assert attempts(path) == ([["span 1", "span 2"]], [])


def test_what_cannot_be_read_is_named_and_costs_nothing_else(tmp_path: Path) -> None:
    bad = request((0, 9))
    bad.resource_spans[0].scope_spans[0].spans[0].span_id = b""
    odd = '{"resourceSpans": [{"scopeSpans": 7}]}'
    lines = [as_json(bad), odd, as_json(bad)[:40], *map(as_json, REQUESTS)]
    path = tmp_path / "traces.jsonl"
    path.write_text("\n".join(lines))
    names, [told] = attempts(path)
    assert names == BY_TRACE
    assert told.startswith("3 lines skipped")
    assert "a span: a span id has 8 bytes" in told


@pytest.mark.parametrize("cut", [1, 3, 30, 50])
def test_a_cut_body_is_an_error_that_is_named(tmp_path: Path, cut: int) -> None:
    bodies = [made.SerializeToString() for made in REQUESTS]
    path = tmp_path / "traces.pb"
    path.write_bytes(b"".join(len(b).to_bytes(4) + b for b in bodies)[:-cut])
    source = Source(path)
    found = list(read(source))
    assert found
    assert source.findings.skipped_lines == 1


@pytest.mark.parametrize("text", ["\n{\n", "abcd\n{\n", '{"resource": 1}', ""])
def test_other_files_are_not_taken_for_traces(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other"
    path.write_text(text)
    assert format_of(path, [FORMAT]) is None
