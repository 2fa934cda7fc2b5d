"""Export requests of OpenTelemetry over HTTP, into the topic of raw messages."""

from collections.abc import Callable
from typing import Final, NamedTuple

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message as ProtoMessage
from prometheus_client import Counter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import Encoding, TraceExport
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
        ignored: what else is in the request, and is not needed.
    """

    keyed: list[tuple[str, TraceExport]]
    taken: int
    rejected: int
    reason: str
    ignored: int = 0


class ExportKind(NamedTuple):
    """What is exported: spans, or log records.

    Args:
        records_of: makes messages of a body of a tenant; raises SchemaError if it is no
            export request.
        answer: makes the answer.
        counter: counts by fate.
    """

    records_of: Callable[[bytes, Encoding, str], Records]
    answer: Callable[[Records], ProtoMessage]
    counter: Counter


class Exports:
    """The endpoint for one kind of export."""

    def __init__(self, kind: ExportKind, publisher: Publisher, bodies: Bodies) -> None:
        self._kind = kind
        self._publisher = publisher
        self._bodies = bodies

    async def export(self, request: Request) -> Response:
        """Answer once Kafka has all that can be read."""
        encoding = _ENCODINGS.get(media_type(request))
        if encoding is None:
            raise HTTPException(415, f"the content type must be {PROTOBUF} or JSON")
        tenant: str = request.state.tenant
        async with self._bodies.of(request) as body:
            work = self._kind.records_of
            try:
                records = await self._bodies.process(
                    body, lambda given: work(given, encoding, tenant)
                )
            except SchemaError as error:
                raise HTTPException(400, str(error)) from error
            if records.rejected and not records.keyed and not records.ignored:
                raise HTTPException(400, f"nothing can be read: {records.reason}")
            for key, message in records.keyed:
                await self._publisher.publish(TRACES, key, [message])
        self._count(records)
        return _encoded(self._kind.answer(records), encoding)

    def _count(self, records: Records) -> None:
        counter = self._kind.counter
        counter.labels("taken").inc(records.taken)
        counter.labels("rejected").inc(records.rejected)
        if records.ignored:
            counter.labels("ignored").inc(records.ignored)


def _encoded(answer: ProtoMessage, encoding: Encoding) -> Response:
    if encoding == "json":
        return Response(
            MessageToJson(answer, indent=None), media_type="application/json"
        )
    return Response(answer.SerializeToString(), media_type=PROTOBUF)
