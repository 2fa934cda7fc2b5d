"""Where a batch goes, in an order in which every crash is harmless.

1. dead letters: behind committed offsets nobody would read the records again;
2. windows: what an event changes in them is computed from the attempt's state before it,
   so that state must still be in ClickHouse when the batch is read again;
3. labels: likewise, an attempt whose new state is stored would not be announced again;
4. label models: with the states they made, see `model_store`; 5. attempts; 6. what is to
be forgotten: whoever waits for that may then delete; 7. the caller commits.

A crash after 1, 2, 3 or 4: the batch is read again and computes the same; windows know by
their own `last_offset` what they have counted; letters and labels are published a second
time, with the same place and the same version. A crash after 5: the attempts know by
their `last_offset` that the batch was seen, and orders to forget are noted again. A worker that lost its partitions in its
sleep may write at any later time: its rows are those that another wrote or will write
for these offsets, and the rows of higher offsets outvote them.
"""

from collections.abc import Iterable
from typing import Final

from confluent_kafka import Message as KafkaMessage

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.forgotten import write_orders
from pilotfish.runtime.publisher import Publisher
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import LABELS
from pilotfish.streams.attempts.store import write_cells, write_states
from pilotfish.streams.batch import Batch, Record, labelled
from pilotfish.streams.labels.model_store import forget_old_models, write_models

_FORGET_EVERY: Final = 2000
"""SnapshotStore of label models after which old ones are deleted."""


class Sink:
    """Writes batches; one at a time, in a thread of its own."""

    def __init__(
        self, clickhouse: ClickHouse, publisher: Publisher, dead_letters: DeadLetters
    ) -> None:
        self._clickhouse = clickhouse
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._snapshots = 0

    def set_aside(self, batch: Batch) -> None:
        """Publish what could not be read and wait until Kafka has it.

        Raises:
            DeadLetterLimitError: too much is unreadable to go on.
            UnavailableError: call again; letters may be doubled by that.
        """
        for record, reason in batch.unreadable:
            self._dead_letters.put(_kafka_message(record), reason)
        if batch.unreadable:
            self._dead_letters.flush()

    def write(self, batch: Batch) -> None:
        """Write windows, labels, label models, attempts, then what is to be forgotten.

        Raises:
            UnavailableError: any part may be written; call again with the same batch.
            StorageError: ClickHouse refuses the rows.
        """
        write_cells(self._clickhouse, [(*k, cell) for k, cell in batch.cells.items()])
        self.announce(labelled(state) for state in batch.labelled.values())
        self.announce(batch.retracted.values())
        self._write_models(batch)
        write_states(self._clickhouse, batch.states.values())
        write_orders(self._clickhouse, batch.orders)

    def _write_models(self, batch: Batch) -> None:
        write_models(self._clickhouse, batch.models, batch.ends)
        self._snapshots += len(batch.models)
        if self._snapshots >= _FORGET_EVERY:
            forget_old_models(self._clickhouse)
            self._snapshots = 0

    def announce(self, labels: Iterable[AttemptLabelled]) -> None:
        """Publish labels into the partitions of their events; wait until Kafka has them.

        Raises:
            UnavailableError: call again; labels may be doubled by that.
        """
        for message in labels:
            self._publisher.queue(
                LABELS, message, message.attempt_id, message.partition
            )
        self._publisher.flush()


def _kafka_message(record: Record) -> KafkaMessage:
    return KafkaMessage(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=list(record.headers or ()),
    )
