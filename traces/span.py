"""One span as OpenTelemetry carries it, whatever the encoding and the dialect."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import JsonValue

from pilotfish.schemas.base import EARLIEST, LATEST, micros
from pilotfish.schemas.errors import SchemaError

SpanStatus = Literal["unset", "ok", "error"]
STATUS: Final[dict[int, SpanStatus]] = {0: "unset", 1: "ok", 2: "error"}
"""The numbers of OTLP."""

_TRACE_ID: Final = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID: Final = re.compile(r"(?!0{16})[0-9a-f]{16}")
_EARLIEST_US: Final = micros(EARLIEST)
_LATEST_US: Final = micros(LATEST)
_HAS_IS_REMOTE: Final = 0x100
_IS_REMOTE: Final = 0x200


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
        remote_parent: the span above it is of another process, whose spans may go
            elsewhere.
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
    remote_parent: bool = False

    @property
    def is_root(self) -> bool:
        """Whether it is the root of its trace, or of what its process did for it."""
        return not self.parent_id or self.remote_parent


def checked(span: Span) -> Span | SchemaError:
    """Return a span that was exported, or why it cannot be used."""
    if not _TRACE_ID.fullmatch(span.trace_id):
        return SchemaError("a trace id has 16 bytes, not all of them zero")
    if not _SPAN_ID.fullmatch(span.span_id):
        return SchemaError("a span id has 8 bytes, not all of them zero")
    if span.parent_id and not _SPAN_ID.fullmatch(span.parent_id):
        return SchemaError("the id of a parent span has 8 bytes")
    if not _EARLIEST_US <= span.start_us <= span.end_us < _LATEST_US:
        return SchemaError(
            f"a span starts and ends in the years {EARLIEST.year} to {LATEST.year - 1}"
        )
    return span


def end_us(start_us: int, end_unix_nano: int) -> int:
    """Return when a span ended; a clock that was set back makes it end as it starts.

    A span that has not ended keeps the 0 of its end.
    """
    return max(start_us, end_unix_nano // 1000) if end_unix_nano > 0 else 0


def has_remote_parent(flags: int) -> bool:
    """Return whether the flags of a span say that its parent is of another process."""
    return bool(flags & _HAS_IS_REMOTE and flags & _IS_REMOTE)
