"""States of attempts and windows in ClickHouse: reads the current rows, writes new ones.

Of several rows of an attempt or a cell, the one with the highest `last_offset` is current.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.keys import AttemptKey
from pilotfish.streams.attempts.cache import Cell, Cells
from pilotfish.streams.attempts.rows import AttemptRow, WindowRow
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.windows import Segment, Window

_KEYS_PER_QUERY: Final = 1000
"""Ids of 128 characters stay within ClickHouse's max_query_size."""

_COLUMNS: Final = AttemptRow._fields
_CELL_COLUMNS: Final = WindowRow._fields


def _selected(columns: Iterable[str], expressions: Mapping[str, str]) -> str:
    return ", ".join(expressions.get(name, name) for name in columns)


_ATTEMPT_COLUMNS: Final = _selected(
    _COLUMNS[:-1],
    {
        "started_at": "toUnixTimestamp64Micro(started_at)",
        "ended_at": "toUnixTimestamp64Micro(ended_at)",
        "last_event_at": "toUnixTimestamp64Micro(last_event_at)",
    },
)
# Without FINAL, which would merge whole parts: this reads only the granules of the keys.
# The client binds the ids into the body, because a URL would be too short for them.
_STATES: Final = f"""
SELECT {_ATTEMPT_COLUMNS}
FROM attempts
WHERE tenant = %(tenant)s AND attempt_id IN %(ids)s
ORDER BY last_offset DESC LIMIT 1 BY tenant, attempt_id
"""  # noqa: S608 - of our own column names

_WINDOW_COLUMNS: Final = _selected(
    _CELL_COLUMNS, {"window_start": "toUnixTimestamp(window_start)"}
)
_CELLS: Final = f"""
SELECT {_WINDOW_COLUMNS}
FROM window_counts_by_partition
WHERE tenant = %(tenant)s AND (window_s, window_start, topic_partition) IN %(windows)s
ORDER BY last_offset DESC
LIMIT 1 BY tenant, window_s, window_start, problem_type, approach, topic_partition
"""  # noqa: S608 - of our own column names


def load_states(
    clickhouse: ClickHouse, keys: Iterable[AttemptKey]
) -> dict[AttemptKey, State]:
    """Return the states of those of these attempts that ClickHouse has.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    states = {}
    for tenant, ids in _by_tenant((key[0], key[1]) for key in keys):
        for row in clickhouse.query(_STATES, {"tenant": tenant, "ids": tuple(ids)}):
            state = AttemptRow(*row).state()
            states[state.tenant, state.attempt_id] = state
    return states


def load_windows(
    clickhouse: ClickHouse, windows: Collection[Window]
) -> dict[Window, Cells]:
    """Return the cells of all these windows; none for a window that is not stored.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    cells: dict[Window, Cells] = {window: {} for window in windows}
    keys = ((window.tenant, window[1:]) for window in windows)
    for tenant, group in _by_tenant(keys):
        parameters = {"tenant": tenant, "windows": tuple(group)}
        for values in clickhouse.query(_CELLS, parameters):
            row = WindowRow(*values)
            cells[row.window][row.segment] = row.cell
    return cells


def write_states(clickhouse: ClickHouse, states: Iterable[State]) -> None:
    """Insert the states as one block; raises as `ClickHouse.insert`."""
    rows = [AttemptRow.of(state) for state in states]
    clickhouse.insert("attempts", _COLUMNS, rows)


def write_cells(
    clickhouse: ClickHouse, cells: Iterable[tuple[Window, Segment, Cell]]
) -> None:
    """Insert the counts as one block; raises as `ClickHouse.insert`."""
    rows = [WindowRow.of(window, segment, cell) for window, segment, cell in cells]
    clickhouse.insert("window_counts_by_partition", _CELL_COLUMNS, rows)


def _by_tenant(keys: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """Group keys by tenant, into chunks of the size of a query."""
    groups: dict[str, list[Any]] = {}
    for tenant, key in keys:
        groups.setdefault(tenant, []).append(key)
    for tenant, group in groups.items():
        remaining = iter(group)
        while chunk := list(islice(remaining, _KEYS_PER_QUERY)):
            yield tenant, chunk
