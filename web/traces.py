"""`POST /v1/traces`: export requests of OpenTelemetry, into the topic of raw messages."""

from functools import partial
from typing import Final, NamedTuple

from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pilotfish.runtime.service.metrics import SPANS
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import Encoding, TraceExport
from pilotfish.traces.export_request import export_request
from pilotfish.traces.otlp import read_export
from pilotfish.traces.splitting import divided
from pilotfish.web.bodies import Bodies
from pilotfish.web.publisher import Publisher
from pilotfish.web.refusals import PROTOBUF, media_type

_ENCODINGS: Final[dict[str, Encoding]] = {
    PROTOBUF: "protobuf",
    "application/json": "json",
}


class Records(NamedTuple):
    """What an export request becomes in Kafka.

    Args:
        keyed: messages with their keys.
        taken: spans that are in them, without those that cannot be read.
        rejected: spans that cannot be read, or do not fit into a message.
        reason: why not, of the first of them.
    """

    keyed: list[tuple[str, TraceExport]]
    taken: int
    rejected: int
    reason: str


class Traces:
    """The endpoint for traces."""

    def __init__(self, publisher: Publisher, bodies: Bodies) -> None:
        self._publisher = publisher
        self._bodies = bodies

    async def export(self, request: Request) -> Response:
        """Answer once Kafka has all spans that can be read."""
        encoding = _ENCODINGS.get(media_type(request))
        if encoding is None:
            raise HTTPException(415, f"the content type must be {PROTOBUF} or JSON")
        tenant: str = request.state.tenant
        async with self._bodies.of(request) as body:
            work = partial(records_of, encoding=encoding, tenant=tenant)
            try:
                records = await self._bodies.process(body, work)
            except SchemaError as error:
                raise HTTPException(400, str(error)) from error
            if records.rejected and not records.keyed:
                raise HTTPException(400, f"no span can be read: {records.reason}")
            for key, message in records.keyed:
                await self._publisher.publish(TRACES, key, [message])
            SPANS.labels("taken").inc(records.taken)
            SPANS.labels("rejected").inc(records.rejected)
        return _answer(records, encoding)


def records_of(body: bytes, encoding: Encoding, tenant: str) -> Records:
    """Return the messages of an export request: one, or several where it is too large.

    Raises:
        SchemaError: the body is no export request.
    """
    spans, rejected, reason = read_export(body, encoding)
    if not spans:
        return Records([], 0, rejected, reason)
    if len(body) <= TRACES.max_bytes:
        raw = TraceExport(body=body, tenant=tenant, encoding=encoding)
        return Records([(spans[0].trace_id, raw)], len(spans), rejected, reason)
    parts, too_large = divided(export_request(body, encoding), TRACES.max_bytes)
    if too_large and not reason:
        reason = f"a span with its resource has more than {TRACES.max_bytes} bytes"
    keyed = [
        (_trace_id(part), TraceExport(body=part.SerializeToString(), tenant=tenant))
        for part in parts
    ]
    taken = max(0, len(spans) - too_large)
    return Records(keyed, taken, rejected + too_large, reason)


def _trace_id(request: ExportTraceServiceRequest) -> str:
    """Return the trace of the first span."""
    return request.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()


def _answer(records: Records, encoding: Encoding) -> Response:
    answer = ExportTraceServiceResponse()
    if records.rejected:
        answer.partial_success.rejected_spans = records.rejected
        answer.partial_success.error_message = records.reason
    if encoding == "json":
        return Response(
            MessageToJson(answer, indent=None), media_type="application/json"
        )
    return Response(answer.SerializeToString(), media_type=PROTOBUF)
