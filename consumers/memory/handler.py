"""The memory: what was tried on which problem, from labels into ClickHouse, to search.

Exactly once in effect: a batch of labels becomes rows, then signals to attempts that were
asked again, and only then counts as read. A batch that is read twice writes rows of the
same keys, of which the newest label's is the one that counts, and signals of the same
ids. Workers share the partitions as a group.
"""

import threading
from collections.abc import Sequence
from typing import Final

from pilotfish.consumers.memory.asked_again import asked_again
from pilotfish.consumers.memory.groups.groups import Groups
from pilotfish.consumers.memory.groups.model_names import naming
from pilotfish.consumers.memory.groups.playbooks import Playbooks
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, newest, row
from pilotfish.consumers.memory.strategies.strategies import Strategies
from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.forgotten import Forgotten
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.handler import Batch
from pilotfish.runtime.service.loop import ConsumerLoop, ConsumerSpec
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.keys import Place
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import EVENTS, LABELS

GROUP: Final = consumer_groups.MEMORY
ASKS_CLICKHOUSE: Final = True
SPEC: Final = ConsumerSpec(
    "memory",
    (LABELS,),
    # Problems that are embedded together take two seconds at most: nobody waits for them.
    most=1000,
    collect_s=0.5,
    close_s=3.0,
)

_LEADER: Final = (LABELS.name, 0)
"""Of all workers, the one with this partition regroups."""


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Remember until `stop` is set.

    Raises:
        UnavailableError: a server is away, or there is no base advisor yet; call again
            after a while.
        DeadLetterLimitError: too much is unreadable to go on.
    """
    handler = MemoryHandler(settings)
    dead = DeadLetters(producer(settings), "memory")
    broker = KafkaBroker(settings, GROUP)
    with ConsumerLoop(broker, SPEC, handler, status, dead) as loop:
        loop.run(stop)


class MemoryHandler:
    """Writes each batch of labels before the loop reads the next.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query` and `ProblemVectors.of`.
        ConfigurationError, RequirementError: as `naming`.
    """

    def __init__(self, settings: Settings) -> None:
        self._clickhouse = ClickHouse(settings)
        self._forgotten = Forgotten(self._clickhouse)
        # Fails on a wrong password at once, not with the first label.
        self._clickhouse.query("SELECT 1")
        self._vectors = ProblemVectors.of(settings)
        self._groups = Groups(self._clickhouse, self._vectors.name, naming(settings))
        self._playbooks = Playbooks(self._clickhouse)
        self._publisher = Publisher(producer(settings))
        self._strategies = Strategies(settings, self._clickhouse, self._publisher)
        self._leads = False

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Read on where the group has committed: rows written twice collapse."""
        self._leads |= _LEADER in {partition.place for partition in partitions}
        return {}

    def handle(self, batch: Batch) -> Ends:
        """Remember a batch, in this order.

        1. leave out what was forgotten; 2. write new clusters, then the rows;
        3. signal what was asked again.
        """
        labels = self._not_forgotten(newest(_labels(batch)))
        with metrics.WRITE_SECONDS.time():
            self._write(labels)
            self._signal(labels)
        return batch.ends

    def idle(self) -> Ends:
        """Look after strategies, groups and playbooks."""
        if self._strategies.step(leads=self._leads):
            return {}
        regrouped = self._groups.step(leads=self._leads)
        if regrouped is None:
            self._playbooks.step()
        else:
            self._playbooks.write(regrouped)
        return {}

    def revoked(self, places: Sequence[Place]) -> Ends:
        self._leads &= _LEADER not in places
        return {}

    def close(self) -> Ends:
        self._strategies.close()
        self._clickhouse.close()
        return {}

    def _not_forgotten(self, labels: list[AttemptLabelled]) -> list[AttemptLabelled]:
        keys = [(label.tenant, label.attempt_id) for label in labels]
        gone = self._forgotten.among(keys)
        return [
            label for label, key in zip(labels, keys, strict=True) if key not in gone
        ]

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


def _labels(batch: Batch) -> list[AttemptLabelled]:
    messages = (received.message for received in batch.messages)
    return [message for message in messages if isinstance(message, AttemptLabelled)]
