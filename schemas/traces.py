"""Traces and logs as they arrive: export requests of OpenTelemetry's protocol."""

from typing import Literal

from pilotfish.schemas.base import RawMessage
from pilotfish.schemas.ids import Identifier

Encoding = Literal["protobuf", "json"]


class TraceExport(RawMessage):
    """An OTLP export request of spans, as received, after it was unzipped."""

    tenant: Identifier = "default"
    encoding: Encoding = "protobuf"


class LogExport(RawMessage):
    """An OTLP export request of log records, as OpenTelemetry's Collector publishes it."""

    tenant: Identifier = "default"
    encoding: Encoding = "protobuf"
