"""Batches of events through memory, store and sink, one after the other."""

import threading
from collections.abc import Callable, Sequence

import structlog

from pilotfish.schemas.errors import UnavailableError
from pilotfish.streams.batch import Batch, Record, apply_events, count_changes, read
from pilotfish.streams.clickhouse import ClickHouse
from pilotfish.streams.forgotten import Forgotten
from pilotfish.streams.memory import Memory
from pilotfish.streams.model_store import load_model
from pilotfish.streams.patience import until_available
from pilotfish.streams.sink import Sink
from pilotfish.streams.state import State, tombstone
from pilotfish.streams.store import load_pages, load_states

_LOG = structlog.get_logger(service="streams")


def log_wait(error: UnavailableError, wait_s: float) -> None:
    """Say that a batch waits for a server."""
    _LOG.warning("batch_waits", error=str(error), wait_s=wait_s)


class Worker:
    """Labels attempts and counts windows; everything here blocks, so call it in a thread.

    Args:
        clickhouse: a connection for this worker alone.
        sink: where batches go.
        stop: ends the wait for a server that is away.
        waits: hears of each wait, why and for how many seconds.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        sink: Sink,
        stop: threading.Event,
        waits: Callable[[UnavailableError, float], object] = log_wait,
    ) -> None:
        self._clickhouse = clickhouse
        self._forgotten = Forgotten(clickhouse)
        self._sink = sink
        self._stop = stop
        self._waits = waits
        self._memory = Memory()

    def forget(self) -> None:
        """Throw the memory away: others may write now. A batch under way keeps its own."""
        self._memory = Memory()

    def process(self, records: Sequence[Record]) -> Batch:
        """Process a batch to its end, however long Kafka or ClickHouse are away.

        1. read, and set aside what is no event; 2. load the states of its attempts and
        the models of its tenants; 3. apply the events in order; 4. load the windows they
        change, and count; 5. write, in the order that `sink` explains.

        Raises:
            UnavailableError: `stop` was set while a server was away.
            DeadLetterLimitError, StorageError: waiting would not help.
        """
        memory = self._memory
        batch = read(records)
        self._until_done(lambda: self._load_states(batch, memory))
        if batch.seen_by_others(memory):
            self.forget()
            memory = self._memory
            self._until_done(lambda: self._load_states(batch, memory))
        self._until_done(lambda: self._load_models(batch, memory))
        apply_events(batch, memory)
        self._until_done(lambda: self._load_pages(batch, memory))
        count_changes(batch, memory)
        self._until_done(lambda: self._sink.set_aside(batch))
        self._until_done(lambda: self._sink.write(batch))
        memory.states.settle(batch.attempts())
        memory.pages.settle(batch.pages())
        memory.models.settle(batch.learners(memory))
        memory.ends |= batch.ends
        if batch.tenants_forgotten():
            self.forget()  # states of theirs may be in there
        return batch

    def _load_states(self, batch: Batch, memory: Memory) -> None:
        missing = {key for key in batch.attempts() if key not in memory.states}
        if not missing:
            return
        found = load_states(self._clickhouse, missing)
        gone = self._forgotten.among(missing)
        for event, record in batch.events:
            key = event.tenant, event.attempt_id
            if key not in memory.states:
                new = State(*key, partition=record.partition)
                state = tombstone(new, -1) if key in gone else found.get(key, new)
                memory.states.put(key, state)

    def _load_models(self, batch: Batch, memory: Memory) -> None:
        for key, offset in batch.first_unseen(memory).items():
            if key not in memory.models:
                memory.models.put(key, load_model(self._clickhouse, key, offset))

    def _load_pages(self, batch: Batch, memory: Memory) -> None:
        missing = [page for page in batch.pages() if page not in memory.pages]
        for page, cells in load_pages(self._clickhouse, missing).items():
            memory.pages.put(page, cells)

    def _until_done(self, work: Callable[[], None]) -> None:
        until_available(work, self._stop, self._waits)
