"""Writes a batch in an order in which every crash is harmless.

1. Dead letters: once the offsets are committed, nobody reads these records again.
2. Windows: their changes are computed from the attempts' states before the batch, so those
   states must still be in ClickHouse when the batch is read again.
3. Labels: likewise, an attempt whose new state is stored would not be announced again.
4. Label models: before the states that were made with them, see `model_store`.
5. Attempts.
6. Orders to forget: whoever waits for them may then delete.
7. The caller commits the offsets.

After a crash behind 1, 2, 3 or 4, the batch is read again with the same result: the
`last_offset` of each window shows what is counted already; dead letters and labels are
published a second time, with the same offset and the same version. After a crash behind 5,
the `last_offset` of the attempts shows that the batch was seen, and orders to forget are
recorded again. A worker that was paused and lost its partitions may write at any later
time: its rows equal those that another worker writes for the same offsets, and rows with
higher offsets replace them.
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
from pilotfish.streams.batch import EventBatch, Record
from pilotfish.streams.label_message import label_message
from pilotfish.streams.labels.model_store import forget_old_models, write_models

_FORGET_EVERY: Final = 2000
"""Snapshots of label models that are written before old ones are deleted."""


class Sink:
    """Writes batches; one at a time, in a thread of its own."""

    def __init__(
        self, clickhouse: ClickHouse, publisher: Publisher, dead_letters: DeadLetters
    ) -> None:
        self._clickhouse = clickhouse
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._snapshots = 0

    def set_aside(self, batch: EventBatch) -> None:
        """Publish the unreadable records as dead letters, and wait until Kafka has them.

        Raises:
            DeadLetterLimitError: too many records are unreadable to continue.
            UnavailableError: call again; dead letters may then be published twice.
        """
        for record, reason in batch.unreadable:
            self._dead_letters.put(_kafka_message(record), reason)
        if batch.unreadable:
            self._dead_letters.flush()

    def write(self, batch: EventBatch) -> None:
        """Write windows, labels, label models, attempts, then orders to forget.

        Raises:
            UnavailableError: any part may be written; call again with the same batch.
            StorageError: ClickHouse refuses the rows.
        """
        cells = [(*key, cell) for key, cell in batch.cells.items()]
        write_cells(self._clickhouse, cells)
        self.announce(label_message(state) for state in batch.labelled.values())
        self.announce(batch.retracted.values())
        self._write_models(batch)
        write_states(self._clickhouse, batch.states.values())
        write_orders(self._clickhouse, batch.orders)

    def _write_models(self, batch: EventBatch) -> None:
        write_models(self._clickhouse, batch.models, batch.ends)
        self._snapshots += len(batch.models)
        if self._snapshots >= _FORGET_EVERY:
            forget_old_models(self._clickhouse)
            self._snapshots = 0

    def announce(self, labels: Iterable[AttemptLabelled]) -> None:
        """Publish labels into the partitions of their events; wait until Kafka has them.

        Raises:
            UnavailableError: call again; labels may then be published twice.
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
