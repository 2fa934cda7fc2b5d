"""What a worker remembers of ClickHouse: states of attempts and windows, bounded.

Only a cache. It is thrown away whenever partitions move, because the next owner writes
what this worker does not see.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Final, Generic, NamedTuple, TypeVar

from pilotfish.schemas.keys import AttemptKey
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.windows import Counts, Delta, Kind, Page
from pilotfish.streams.labels.model import LabelModel

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of each of the three caches, roughly."""
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


class Recent(Generic[Key, Value]):
    """A mapping that forgets what was not asked for the longest, by its size in bytes."""

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
        """Keep a value; measured now and at every `settle`."""
        self._values[key] = value

    def settle(self, used: Iterable[Key]) -> None:
        """Mark these as just used, measure them, and forget the oldest beyond the bound."""
        for key in used:
            self._values.move_to_end(key)
            size = self._size(self._values[key])
            self._bytes += size - self._sizes.get(key, 0)
            self._sizes[key] = size
        while self._bytes > self._max_bytes:
            key, _ = self._values.popitem(last=False)
            self._bytes -= self._sizes.pop(key, 0)


class Cell(NamedTuple):
    """Counts of one window and kind, true up to `last_offset` of the partition."""

    counts: Counts
    last_offset: int


Cells = dict[Kind, Cell]


class WorkerCache:
    """States by tenant and attempt, windows by page, models by tenant and partition.

    `ends` are partition -> offset behind the last batch that went into it.

    Whatever is asked for must be there: the store loads it before events are applied.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.states: Recent[AttemptKey, State] = Recent(_state_bytes, max_bytes)
        self.pages: Recent[Page, Cells] = Recent(_page_bytes, max_bytes)
        self.ends: dict[int, int] = {}
        self.models: Recent[ModelKey, LabelModel] = Recent(_model_bytes, max_bytes)

    def count(self, delta: Delta, offset: int) -> bool:
        """Add a change made at `offset`; return False where it was counted before."""
        cells = self.pages[delta.page]
        cell = cells.get(delta.kind)
        if cell is None:
            cells[delta.kind] = Cell(delta.counts, offset)
        elif offset <= cell.last_offset:
            return False
        else:
            cells[delta.kind] = Cell(cell.counts.plus(delta.counts), offset)
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


def _page_bytes(cells: Cells) -> int:
    return _CELL_BYTES * (1 + len(cells))
