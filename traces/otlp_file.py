"""OTLP files: export requests as JSON lines, or in protobuf.

The Collector's file exporter writes lines of JSON, or requests in protobuf, each after its
length in four bytes; a request as it was sent is a body in protobuf.

The spans of a trace may stand in several requests, so a file is read twice: first for where
the last of each trace is, then for the spans, which are kept until that place.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pilotfish.schemas.attempt_log.opening import beginning, whole
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Event
from pilotfish.schemas.imports.format import Format, Sample, Source
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.traces import Encoding

if TYPE_CHECKING:
    from pilotfish.traces.span import Span

_FIELD_1: Final = b"\n"
"""Begins a request in protobuf, and the resource in it; a length follows."""
_FIELD_2: Final = b"\x12"
"""Begins the spans of a resource; a text has no such character."""
_LENGTH_BYTES: Final = 4
_MOST_LENGTH_BYTES: Final = 5


class _Body(NamedTuple):
    """An export request as it stands in the file, and where."""

    place: str
    body: bytes
    encoding: Encoding


def read(source: Source) -> Iterator[list[Event]]:
    """Yield the events of one attempt after the other.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    from pilotfish.traces.mapping import events_of

    last = {
        span.trace_id: place
        for place, spans in _requests(source.quietly())
        for span in spans
    }
    traces: dict[str, list[Span]] = {}
    for place, spans in _requests(source):
        for span in spans:
            traces.setdefault(span.trace_id, []).append(span)
        for trace in dict.fromkeys(
            s.trace_id for s in spans if last[s.trace_id] == place
        ):
            yield from _by_attempt(events_of(traces.pop(trace), source.tenant))


def _by_attempt(events: Sequence[Event]) -> Iterator[list[Event]]:
    attempts: dict[str, list[Event]] = {}
    for event in events:
        attempts.setdefault(event.attempt_id, []).append(event)
    yield from attempts.values()


def _requests(source: Source) -> Iterator[tuple[str, "list[Span]"]]:
    """Yield the spans of each request that can be read, and its place."""
    from pilotfish.traces.otlp import read_export

    for place, body, encoding in _bodies(source):
        try:
            export = read_export(body, encoding)
        except SchemaError as error:
            source.findings.skip(place, str(error))
            continue
        for _ in range(export.rejected):
            source.findings.skip(place, f"a span: {export.reason}")
        yield place, export.spans


def _bodies(source: Source) -> Iterator[_Body]:
    content = whole(source.path) if _is_protobuf(beginning(source.path)) else b""
    if not content:
        for record in source.records():
            yield _Body(record.place, json.dumps(record.value).encode(), "json")
    elif content.startswith(_FIELD_1):
        yield _Body(source.place("the file"), content, "protobuf")
    else:
        yield from _after_lengths(source, content)


def _after_lengths(source: Source, content: bytes) -> Iterator[_Body]:
    at, number = 0, 1
    while at < len(content):
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(content[at:begin])
        yield _Body(source.place(f"request {number}"), content[begin:at], "protobuf")
        number += 1


def _is_protobuf(head: bytes) -> bool:
    """Return whether a file that begins so is one request, or the first after its length."""
    lengths = head[:1] == b"\0" and _begins_request(head[_LENGTH_BYTES:])
    return _FIELD_2 in head and (lengths or _begins_request(head))


def _begins_request(head: bytes) -> bool:
    """Return whether a field 1 with a length is first, and a resource or spans inside it."""
    if not head.startswith(_FIELD_1):
        return False
    for size, byte in enumerate(head[1 : 1 + _MOST_LENGTH_BYTES], 2):
        if byte < 0x80:  # the last byte of the length
            return head[size : size + 1] in (_FIELD_1, _FIELD_2)
    return False


def _is_this(sample: Sample) -> bool:
    named = any("resourceSpans" in mapping(record) for record in sample.records)
    return named or _is_protobuf(sample.head)


FORMAT: Final = Format(
    "otlp",
    "OTLP files: export requests as JSON lines, or in protobuf",
    _is_this,
    read,
)
