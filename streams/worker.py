"""Takes batches of events through cache, store and sink, one after the other."""

import threading
from collections.abc import Callable, Sequence

import structlog

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.forgotten import Forgotten
from pilotfish.runtime.retry import retry_until_available
from pilotfish.schemas.errors import UnavailableError
from pilotfish.streams.attempts.cache import WorkerCache
from pilotfish.streams.attempts.state import State, tombstone
from pilotfish.streams.attempts.store import load_states, load_windows
from pilotfish.streams.batch import EventBatch, Record, read
from pilotfish.streams.changes import apply_events, count_changes
from pilotfish.streams.labels.model_store import load_model
from pilotfish.streams.sink import Sink

_LOG = structlog.get_logger(service="streams")


def log_wait(error: UnavailableError, wait_s: float) -> None:
    """Log that a batch waits for a server."""
    _LOG.warning("batch_waits", error=str(error), wait_s=wait_s)


class Worker:
    """Labels attempts and counts windows; everything blocks, so call it in a thread.

    Args:
        clickhouse: a connection for this worker alone.
        sink: where batches go.
        stop: ends the wait for an unreachable server.
        on_wait: called at each wait, with its reason and its seconds.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        sink: Sink,
        stop: threading.Event,
        on_wait: Callable[[UnavailableError, float], object] = log_wait,
    ) -> None:
        self._clickhouse = clickhouse
        self._forgotten = Forgotten(clickhouse)
        self._sink = sink
        self._stop = stop
        self._on_wait = on_wait
        self._cache = WorkerCache()

    def forget(self) -> None:
        """Discard the cache, because others may write now; a batch under way keeps its own."""
        self._cache = WorkerCache()

    def process(self, records: Sequence[Record]) -> EventBatch:
        """Process a batch to its end, however long Kafka or ClickHouse is unreachable.

        1. Decode the records. 2. Load the states of their attempts and the models of their
        tenants. 3. Apply the events in order. 4. Load the windows that they change, and
        count. 5. Write, in the order that `sink` explains.

        Raises:
            UnavailableError: `stop` was set while a server was unreachable.
            DeadLetterLimitError, StorageError: waiting would not help.
        """
        cache = self._cache
        batch = read(records)
        self._until_done(lambda: self._load_states(batch, cache))
        if batch.seen_by_others(cache):
            self.forget()
            cache = self._cache
            self._until_done(lambda: self._load_states(batch, cache))
        self._until_done(lambda: self._load_models(batch, cache))
        apply_events(batch, cache)
        self._until_done(lambda: self._load_windows(batch, cache))
        count_changes(batch, cache)
        self._until_done(lambda: self._sink.set_aside(batch))
        self._until_done(lambda: self._sink.write(batch))
        cache.states.settle(batch.attempts())
        cache.windows.settle(batch.windows())
        cache.models.settle(batch.model_keys(cache))
        cache.ends |= batch.ends
        if batch.tenants_forgotten():
            self.forget()  # it may hold states of these tenants
        return batch

    def _load_states(self, batch: EventBatch, cache: WorkerCache) -> None:
        missing = {key for key in batch.attempts() if key not in cache.states}
        if not missing:
            return
        stored = load_states(self._clickhouse, missing)
        forgotten = self._forgotten.among(missing)
        for event, record in batch.events:
            key = event.tenant, event.attempt_id
            if key not in cache.states:
                new = State(*key, partition=record.partition)
                state = tombstone(new, -1) if key in forgotten else stored.get(key, new)
                cache.states.put(key, state)

    def _load_models(self, batch: EventBatch, cache: WorkerCache) -> None:
        for key, offset in batch.first_unseen(cache).items():
            if key not in cache.models:
                cache.models.put(key, load_model(self._clickhouse, key, offset))

    def _load_windows(self, batch: EventBatch, cache: WorkerCache) -> None:
        missing = [key for key in batch.windows() if key not in cache.windows]
        for window, cells in load_windows(self._clickhouse, missing).items():
            cache.windows.put(window, cells)

    def _until_done(self, work: Callable[[], None]) -> None:
        retry_until_available(work, self._stop, self._on_wait)
