"""The loop of every consumer: it polls, decodes, hands over to a handler, and commits."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Self

import structlog
from confluent_kafka import KafkaException
from confluent_kafka import Message as Record

from pilotfish.runtime.broker import Broker, Ends, PartitionOffsets, ends_of
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.decoding import decoded
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.handler import (
    Batch,
    BusyError,
    Handler,
    Received,
    TakenOverError,
)
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import DEAD, Topic

_LOG = structlog.get_logger()

_FIRST_RECORDS: Final = 1000
_FEWEST_RECORDS: Final = 100
_MAX_BYTES: Final = 64 * 1024 * 1024


class ConsumerSpec(NamedTuple):
    """What a service reads.

    Args:
        service: its name, as logs and dead letters show it.
        topics: what it reads.
        most: records of a batch, at most.
        collect_s: how long a batch is collected.
        close_s: how long leaving the group may take.
    """

    service: str
    topics: tuple[Topic, ...]
    most: int
    collect_s: float
    close_s: float


class ConsumerLoop:
    """Runs one handler over one consumer; it joins the group at the first step.

    Args:
        broker: the consumer; nobody else uses it.
        spec: what is read.
        handler: the work.
        status: kept up to date, for probes and metrics.
        dead: takes what cannot be read. Without it, unreadable records are only logged:
            another service reads the same topic and sets them aside.
    """

    def __init__(
        self,
        broker: Broker,
        spec: ConsumerSpec,
        handler: Handler,
        status: ServiceStatus,
        dead: DeadLetters | None = None,
    ) -> None:
        self._broker = broker
        self._spec = spec
        self._handler = handler
        self._status = status
        self._dead = dead
        self._log = _LOG.bind(service=spec.service)
        self._topics = {topic.name: topic for topic in spec.topics}
        self._most = min(_FIRST_RECORDS, spec.most)
        self._waiting: Batch | None = None
        self._dropped = False
        broker.subscribe(spec.topics, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        ends = self._handler.close()
        # A courtesy: whoever reads next finds out what was processed, or repeats it.
        with suppress(KafkaException):
            self._broker.commit_now(ends)
        self._broker.close(self._spec.close_s)

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set.

        Raises:
            UnavailableError: a server is away; open a new loop after a while.
            PilotfishError: waiting would not help.
        """
        with mapped_errors(self._spec.service):
            while not stop.is_set():
                self.step()

    def step(self) -> None:
        """Read a batch and have it handled, in this order.

        1. poll, or stay in the group while the handler is busy with an earlier batch;
        2. set aside what cannot be read, before later offsets are marked as processed;
        3. hand over; 4. let the handler do what else is due; 5. commit what is durable.
        """
        self._status.beat()
        if self._waiting is None:
            self._read()
        else:
            self._broker.poll(0, 0.0)
        try:
            if self._waiting is not None:
                self._hand_over(self._waiting)
            self._processed(self._handler.idle())
        except TakenOverError:
            self._waiting = None
            self._broker.rewind()

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Ask the handler where to read on; elsewhere the committed offsets count."""
        chosen = self._handler.assigned(partitions)
        starts = {p.place: chosen.get(p.place, p.resume()) for p in partitions}
        self._status.gained(starts)
        places = [f"{topic}/{n}@{at}" for (topic, n), at in starts.items()]
        self._log.info("assigned", places=places)
        return starts

    def revoked(self, places: Sequence[Place]) -> Ends:
        """Drop the batch that waits: whoever gets the partitions reads it again."""
        if self._waiting is not None:
            self._waiting, self._dropped = None, True
        self._status.lost(places)
        return self._handler.revoked(places)

    def _read(self) -> None:
        if self._dropped:
            self._dropped = False
            self._broker.rewind()
        polled_at = time.monotonic()
        records = self._broker.poll(self._most, self._spec.collect_s)
        if not records:
            return
        metrics.BATCH_RECORDS.observe(len(records))
        batch = self._decoded(records, polled_at)
        if self._dead is not None and len(batch.messages) < batch.records:
            self._dead.flush()
        # Bounded in bytes, too, by the mean size of the records seen last.
        fitting = _MAX_BYTES * batch.records // (batch.size_bytes + 1)
        self._most = min(self._spec.most, max(_FEWEST_RECORDS, fitting))
        self._waiting = batch

    def _decoded(self, records: Sequence[Record], polled_at: float) -> Batch:
        batch = Batch(polled_at, ends=ends_of(records), records=len(records))
        for record in records:
            topic = self._topics[record.topic() or ""]
            batch.size_bytes += len(record.value() or b"")
            message = decoded(topic, record, self._set_aside)
            if message is not None:
                place = record.partition() or 0, record.offset() or 0
                batch.messages.append(Received(message, topic, *place))
        return batch

    def _set_aside(self, record: Record, reason: str) -> None:
        # A letter about a letter would be read, and set aside, forever.
        if self._dead is None or record.topic() == DEAD.name:
            self._log.warning("unreadable", offset=record.offset(), reason=reason)
            return
        self._dead.put(record, reason)
        metrics.DEAD_LETTERS.labels(record.topic()).inc()

    def _hand_over(self, batch: Batch) -> None:
        try:
            ends = self._handler.handle(batch)
        except BusyError:
            return
        self._waiting = None
        self._processed(ends)

    def _processed(self, ends: Ends) -> None:
        if ends:
            self._status.reached(ends)
            self._broker.commit(ends)
