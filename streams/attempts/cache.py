"""A worker's bounded cache of ClickHouse: states of attempts, windows, label models.

It is discarded whenever partitions move, because this worker does not see what the next
owner writes.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Final, Generic, NamedTuple, TypeVar

from pilotfish.schemas.keys import AttemptKey
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.windows import Counts, Delta, Segment, Window
from pilotfish.streams.labels.model import LabelModel

MAX_BYTES: Final = 64 * 1024 * 1024
"""Approximate limit of each of the three caches."""
_STATE_BYTES: Final = 2000
_SEEN_BYTES: Final = 100
_SIGNAL_BYTES: Final = 200
_ACTION_BYTES: Final = 80
_SOURCE_BYTES: Final = 600
_CELL_BYTES: Final = 700

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

ModelKey = tuple[str, int]
"""Tenant and partition."""


class BoundedCache(Generic[Key, Value]):
    """A mapping that evicts the least recently used values, by their size in bytes.

    `cachetools.LRUCache` evicts on every assignment and measures a value only then. Here
    values change in place, and no value of the batch under way may be evicted: so both
    happen in `settle`, after the batch.
    """

    def __init__(self, size: Callable[[Value], int], max_bytes: int) -> None:
        self._size = size
        self._max_bytes = max_bytes
        self._bytes = 0
        self._sizes: dict[Key, int] = {}
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        return key in self._values

    def __getitem__(self, key: Key) -> Value:
        return self._values[key]

    def put(self, key: Key, value: Value) -> None:
        """Add a value without evicting others; it is measured at every `settle`."""
        self._values[key] = value

    def settle(self, used: Iterable[Key]) -> None:
        """Mark these as just used, measure them, and evict down to the limit."""
        for key in used:
            self._values.move_to_end(key)
            size = self._size(self._values[key])
            self._bytes += size - self._sizes.get(key, 0)
            self._sizes[key] = size
        while self._bytes > self._max_bytes:
            key, _ = self._values.popitem(last=False)
            self._bytes -= self._sizes.pop(key, 0)


class Cell(NamedTuple):
    """Counts of one segment of one window, up to `last_offset` of the partition."""

    counts: Counts
    last_offset: int


Cells = dict[Segment, Cell]


class WorkerCache:
    """States by tenant and attempt, cells by window, models by tenant and partition.

    `ends` maps a partition to the offset after the last batch that is in the cache.

    Only cached keys may be looked up: the worker loads them before it applies events.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.states: BoundedCache[AttemptKey, State] = BoundedCache(
            _state_bytes, max_bytes
        )
        self.windows: BoundedCache[Window, Cells] = BoundedCache(
            _cells_bytes, max_bytes
        )
        self.ends: dict[int, int] = {}
        self.models: BoundedCache[ModelKey, LabelModel] = BoundedCache(
            _model_bytes, max_bytes
        )

    def count(self, delta: Delta, offset: int) -> bool:
        """Add a change made at `offset`; return False if it is already counted."""
        cells = self.windows[delta.window]
        cell = cells.get(delta.segment)
        if cell is None:
            cells[delta.segment] = Cell(delta.counts, offset)
        elif offset <= cell.last_offset:
            return False
        else:
            cells[delta.segment] = Cell(cell.counts.plus(delta.counts), offset)
        return True


def _state_bytes(state: State) -> int:
    return (
        _STATE_BYTES
        + len(state.problem)
        + _SEEN_BYTES * len(state.seen)
        + _SIGNAL_BYTES * len(state.signals)
        + _ACTION_BYTES * len(state.conduct.actions)
    )


def _model_bytes(model: LabelModel) -> int:
    return _SOURCE_BYTES * (1 + len(model.sources) + len(model.pairs))


def _cells_bytes(cells: Cells) -> int:
    return _CELL_BYTES * (1 + len(cells))
