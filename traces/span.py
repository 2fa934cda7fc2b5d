"""One span as OpenTelemetry carries it, whatever the encoding and the dialect."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

SpanStatus = Literal["unset", "ok", "error"]


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened at one moment of a span, such as an exception.

    Args:
        name: what happened.
        at_us: microseconds since 1970.
        attributes: as exported.
    """

    name: str
    at_us: int
    attributes: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has ended.

    Args:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        parent_id: the span above it; empty for a root.
        name: as exported.
        start_us: microseconds since 1970.
        end_us: microseconds since 1970.
        status: of the span.
        status_message: why the status is an error.
        attributes: as exported, with names of any dialect.
        resource: the attributes of the process.
        scope: the name of the instrumentation library.
        events: what happened meanwhile, in the order of the export.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_us: int
    end_us: int
    status: SpanStatus = "unset"
    status_message: str = ""
    attributes: dict[str, JsonValue] = field(default_factory=dict)
    resource: dict[str, JsonValue] = field(default_factory=dict)
    scope: str = ""
    events: tuple[SpanEvent, ...] = ()
