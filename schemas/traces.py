"""Traces as they arrive: export requests of OpenTelemetry's protocol."""

from typing import Literal

from pilotfish.schemas.base import RawMessage
from pilotfish.schemas.ids import Identifier

Encoding = Literal["protobuf", "json"]


class TraceExport(RawMessage):
    """An OTLP export request, as received, after it was unzipped."""

    tenant: Identifier = "default"
    encoding: Encoding = "protobuf"
