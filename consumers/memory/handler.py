"""The memory: what was tried on which problem, from labels into ClickHouse, to search.

Exactly once in effect: a batch of labels becomes rows, then signals to attempts that were
asked again, and only then counts as read. A batch that is read twice writes rows of the
same keys, of which the newest label's is the one that counts, and signals of the same
ids. Workers share the partitions as a group.
"""

import threading
from collections.abc import Sequence
from typing import Final, Self

import structlog
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka import Message as Record

from pilotfish.consumers.memory.asked_again import asked_again
from pilotfish.consumers.memory.groups.groups import Groups
from pilotfish.consumers.memory.groups.model_names import naming
from pilotfish.consumers.memory.groups.playbooks import Playbooks
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, newest, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.forgotten import Forgotten
from pilotfish.runtime.kafka import (
    consumer,
    headers,
    mapped_errors,
    producer,
    readable,
    subscribe,
)
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.background import close_within
from pilotfish.runtime.service.status import ServiceStatus, ends
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import EVENTS, LABELS

GROUP: Final = consumer_groups.MEMORY
ASKS_CLICKHOUSE: Final = True

_LOG = structlog.get_logger(service="memory")

_BATCH: Final = 1000
"""Problems that are embedded together take two seconds at most: nobody waits for them."""
_BATCH_S: Final = 0.5
_END_S: Final = 3.0


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Remember until `stop` is set.

    Raises:
        UnavailableError: a server is away, or there is no base advisor yet; call again
            after a while.
        DeadLetterLimitError: too much is unreadable to go on.
    """
    with mapped_errors("remembering"), Memory(settings, status) as memory:
        while not stop.is_set():
            memory.step()


class Memory:
    """One consumer of the group.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query` and `ProblemVectors.of`.
        ConfigurationError, RequirementError: as `naming`.
    """

    def __init__(self, settings: Settings, status: ServiceStatus) -> None:
        self._status = status
        self._clickhouse = ClickHouse(settings)
        self._forgotten = Forgotten(self._clickhouse)
        # A wrong password is told at once, not with the first label.
        self._clickhouse.query("SELECT 1")
        self._vectors = ProblemVectors.of(settings)
        self._groups = Groups(self._clickhouse, self._vectors.name, naming(settings))
        self._playbooks = Playbooks(self._clickhouse)
        self._dead = DeadLetters(producer(settings), "memory")
        self._publisher = Publisher(producer(settings))
        self._consumer: Consumer = consumer(settings, GROUP)
        subscribe(self._consumer, [LABELS], self._assigned, self._revoked)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        close_within(self._consumer.close, _END_S)
        self._clickhouse.close()

    def step(self) -> None:
        """Look after groups and playbooks; then remember one batch, in this order.

        1. set aside what cannot be read; 2. leave out what was forgotten; 3. write new
        clusters, then the rows; 4. signal what was asked again; 5. commit.
        """
        self._status.beat()
        self._look_after_groups()
        records = readable(self._consumer.consume(_BATCH, _BATCH_S))
        if not records:
            return
        metrics.BATCH_RECORDS.observe(len(records))
        labels = self._not_forgotten(newest(self._read(records)))
        with metrics.WRITE_SECONDS.time():
            self._write(labels)
            self._signal(labels)
        read_to = ends(records)
        self._consumer.commit(
            offsets=[TopicPartition(*place, end) for place, end in read_to.items()],
            asynchronous=True,
        )
        self._status.reached(read_to)

    def _look_after_groups(self) -> None:
        leads = (LABELS.name, 0) in self._status.positions()
        regrouped = self._groups.step(leads=leads)
        if regrouped is None:
            self._playbooks.step()
        else:
            self._playbooks.write(regrouped)

    def _read(self, records: Sequence[Record]) -> list[AttemptLabelled]:
        labels = []
        for record in records:
            try:
                label = decode(LABELS, record.value(), headers(record))
            except SchemaError as error:
                self._dead.put(record, str(error))
                metrics.DEAD_LETTERS.labels(LABELS.name).inc()
            else:
                assert isinstance(label, AttemptLabelled)
                labels.append(label)
        if len(labels) < len(records):
            self._dead.flush()
        return labels

    def _not_forgotten(self, labels: list[AttemptLabelled]) -> list[AttemptLabelled]:
        gone = self._forgotten.among((one.tenant, one.attempt_id) for one in labels)
        return [one for one in labels if (one.tenant, one.attempt_id) not in gone]

    def _write(self, labels: Sequence[AttemptLabelled]) -> None:
        if labels:
            vectors = self._vectors.embed([label.problem for label in labels])
            clusters = self._groups.join(labels, vectors)
            rows = [
                row(label, self._vectors.name, vector, cluster)
                for label, vector, cluster in zip(
                    labels, vectors, clusters, strict=True
                )
            ]
            self._clickhouse.insert("memory", COLUMNS, rows)
            self._playbooks.note([label.tenant for label in labels])

    def _signal(self, labels: Sequence[AttemptLabelled]) -> None:
        again = asked_again(self._clickhouse, labels, self._vectors.name)
        for signal, partition in again:
            self._publisher.queue(EVENTS, signal, signal.attempt_id, partition)
        if again:
            self._publisher.flush()

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._status.gained(partitions)
        _LOG.info("assigned", partitions=[one.partition for one in partitions])

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._status.lost(partitions)
