"""Reads OTLP export requests, in protobuf and in JSON."""

from collections.abc import Iterable
from typing import NamedTuple

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.traces import Encoding
from pilotfish.traces import otlp_json, otlp_protobuf
from pilotfish.traces.span import Span


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
    reader = otlp_json if encoding == "json" else otlp_protobuf
    return _collected(reader.spans(body))


def _collected(read: Iterable[Span | SchemaError]) -> Export:
    spans: list[Span] = []
    rejected, reason = 0, ""
    for span in read:
        if isinstance(span, SchemaError):
            rejected, reason = rejected + 1, reason or str(span)
        else:
            spans.append(span)
    return Export(spans, rejected, reason)
