"""The consumer of traces: spans into ClickHouse, and the events of their attempts into Kafka.

Exactly once in effect. A batch is inserted before anything of it is published, and an
offset is committed when the traces of all records below it have become attempts. What is
read again after a crash becomes the same rows and events with the same ids, which collapse
in ClickHouse and are skipped by the stream processors.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import structlog

from pilotfish.consumers.traces.arrived import Arrived
from pilotfish.consumers.traces.open_traces import OpenTraces
from pilotfish.consumers.traces.span_store import SpanStore, TraceKey
from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.forgotten import Forgotten
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.handler import Batch, Received
from pilotfish.runtime.service.loop import ConsumerLoop, ConsumerSpec
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.dead import Origin
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import COLLECTOR_TOPICS, EVENTS, TRACES
from pilotfish.schemas.traces import LogExport, TraceExport
from pilotfish.traces.log_records import evaluations_in
from pilotfish.traces.mapping import events_of, has_ended
from pilotfish.traces.otlp import Export, read_export
from pilotfish.traces.span import Span

GROUP: Final = consumer_groups.TRACES
ASKS_CLICKHOUSE: Final = True
SPEC: Final = ConsumerSpec(
    "traces",
    (TRACES, *COLLECTOR_TOPICS),
    # Exports have up to hundreds of spans each.
    most=200,
    collect_s=0.15,
    close_s=3.0,
)

_LOG = structlog.get_logger(service="traces")


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Map traces until `stop` is set.

    Raises:
        UnavailableError: Kafka or ClickHouse is away; call again after a while.
        DeadLetterLimitError: too much is unreadable to go on.
    """
    to = producer(settings)
    dead = DeadLetters(to, SPEC.service)
    opened = OpenTraces(settings.trace_quiet_s, time.monotonic)
    handler = TracesHandler(
        ClickHouse(settings), Publisher(to), dead, opened, settings.tenant
    )
    broker = KafkaBroker(settings, GROUP)
    with ConsumerLoop(broker, SPEC, handler, status, dead) as loop:
        loop.run(stop)


class TracesHandler:
    """Maps each trace when its root has come, when it went quiet, and when more comes late.

    Args:
        clickhouse: where spans are kept.
        publisher: of events.
        dead: takes exports that cannot be read.
        opened: the traces that are not mapped yet.
        tenant: whose traces and logs the Collector's are, which name none.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        publisher: Publisher,
        dead: DeadLetters,
        opened: OpenTraces,
        tenant: str,
    ) -> None:
        self._clickhouse = clickhouse
        self._spans = SpanStore(clickhouse)
        self._forgotten = Forgotten(clickhouse)
        self._publisher = publisher
        self._dead = dead
        self._open = opened
        self._tenant = tenant
        self._read: dict[Place, int] = {}

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Read on where the group has committed: below every trace that was open."""
        self._read |= {p.place: p.resume() for p in partitions}
        return {}

    def handle(self, batch: Batch) -> Ends:
        """Keep a batch's spans, and map the traces whose root is there, in this order.

        1. set aside what cannot be read; 2. leave out what was forgotten; 3. insert the
        spans; 4. find the traces whose responses are judged; 5. publish the events of the
        traces that have ended.
        """
        arrived = self._not_forgotten(list(self._arrived(batch)))
        with metrics.WRITE_SECONDS.time():
            self._dead.flush()
            self._spans.add((one.tenant, one.span) for one in arrived)
            touched = self._touch(arrived)
            ended = {one.key for one in arrived if one.span.is_root}
            self._map(ended | self._spans.with_root(touched - ended))
        self._read |= batch.ends
        return self._open.ends(self._read)

    def idle(self) -> Ends:
        """Close the traces that went quiet: their agents were killed."""
        quiet = self._open.quiet()[: SPEC.most]
        if not quiet:
            return {}
        self._map(quiet)
        return self._open.ends(self._read)

    def revoked(self, places: Sequence[Place]) -> Ends:
        self._open.drop(places)
        for place in places:
            self._read.pop(place, None)
        return {}

    def close(self) -> Ends:
        self._clickhouse.close()
        return {}

    def _arrived(self, batch: Batch) -> Iterator[Arrived]:
        for received in batch.messages:
            export = received.message
            assert isinstance(export, TraceExport | LogExport)
            own = received.topic is TRACES
            tenant = export.tenant if own else self._tenant
            place = received.topic.name, received.partition
            for span in self._readable(received, export):
                yield Arrived(tenant, span, place, received.offset)

    def _touch(self, arrived: Sequence[Arrived]) -> set[TraceKey]:
        """Open the traces that these spans are about, and return them."""
        answered = self._spans.with_response({r for one in arrived for r in one.judged})
        touched = set()
        for one in arrived:
            judged = [key for r in one.judged for key in answered.get(r, ())]
            for key in (*one.own_trace, *judged):
                self._open.touch(key, one.place, one.offset)
                touched.add(key)
        return touched

    def _readable(
        self, received: Received, export: TraceExport | LogExport
    ) -> list[Span]:
        origin = Origin(received.topic.name, received.partition, received.offset)
        try:
            spans, rejected, reason = _read(export)
        except SchemaError as error:
            self._dead.put_message(export, origin, str(error))
            metrics.DEAD_LETTERS.labels(origin.topic).inc()
            return []
        if rejected:
            _LOG.warning(
                "spans_rejected", place=str(origin), spans=rejected, reason=reason
            )
        return spans

    def _not_forgotten(self, arrived: list[Arrived]) -> list[Arrived]:
        gone = self._forgotten.among({one.key for one in arrived})
        self._open.close(gone)
        return [one for one in arrived if one.key not in gone]

    def _map(self, keys: Collection[TraceKey]) -> None:
        for (tenant, _), spans in self._spans.spans_of(keys).items():
            for event in events_of(spans, tenant, abandoned=not has_ended(spans)):
                self._publisher.queue(EVENTS, event, event.attempt_id)
        if keys:
            self._publisher.flush()
        self._open.close(keys)


def _read(export: TraceExport | LogExport) -> Export:
    body, encoding = export.body, export.encoding
    if isinstance(export, LogExport):
        body, _ = evaluations_in(body, encoding)
    return read_export(body, encoding)
