"""ClickHouse as the model test sees it; `tests/streams/test_store.py` is its contract."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from faults.trouble import Trouble

from pilotfish.consumers.trigger import training_process as training
from pilotfish.runtime import forgotten, progress
from pilotfish.streams.attempts import store
from pilotfish.streams.labels import model_store

Row = dict[str, Any]


class MemoryBlock(NamedTuple):
    """Rows on their way into a table."""

    table: str
    rows: list[Row]
    token: str


class Tables(dict[str, list[Row]]):
    """Rows as they were inserted, and the tokens of blocks that were."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()

    def __missing__(self, table: str) -> list[Row]:
        self[table] = []
        return self[table]

    def newest(self, table: str, key: Sequence[str]) -> list[Row]:
        """Return the rows that FINAL leaves of a table by last_offset."""
        rows = sorted(self[table], key=lambda row: row["last_offset"])
        return list({tuple(row[name] for name in key): row for row in rows}.values())


class MemoryClickHouse:
    """One connection; answers the questions of the code under test and no others.

    Where `held` is a list, inserts wait there: their process fell asleep.
    """

    def __init__(self, tables: Tables, trouble: Trouble) -> None:
        self._tables = tables
        self._trouble = trouble
        self.held: list[MemoryBlock] | None = None

    def query(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        asked = dict(parameters or {})
        if answer := _ANSWERS.get(sql):
            return list(self._trouble.call(lambda: answer(self._tables, asked)))
        assert "max(topic_offset) + 1" in sql, sql
        table = sql.split("FROM ")[1].split()[0]
        return list(self._trouble.call(lambda: _ends(self._tables[table])))

    def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        if rows:
            self.insert_block(self.block(table, columns, rows))

    def block(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        token: str = "",
    ) -> MemoryBlock:
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        return MemoryBlock(table, named, token)

    def insert_block(self, block: MemoryBlock) -> None:
        if self.held is None:
            self._trouble.call(lambda: self._take(block))
        else:
            self.held.append(block)

    def wake(self) -> None:
        """Let the held blocks in."""
        held, self.held = self.held or [], None
        for block in held:
            self._take(block)

    def close(self) -> None:
        """Nothing is open."""

    def _take(self, block: MemoryBlock) -> None:
        if not block.token or block.token not in self._tables.tokens:
            self._tables[block.table] += block.rows
            self._tables.tokens |= {block.token} - {""}


def _states(tables: Tables, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    columns = store._COLUMNS[:-1]
    return [
        tuple(row[name] for name in columns)
        for row in tables.newest("attempts", ("tenant", "attempt_id"))
        if row["tenant"] == asked["tenant"] and row["attempt_id"] in asked["ids"]
    ]


def _model(tables: Tables, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Of several snapshots at one offset, any is as good as the other."""
    known = [
        (row["as_of"], row["model"])
        for row in tables["label_models"]
        if (row["tenant"], row["topic_partition"])
        == (asked["tenant"], asked["partition"])
        and row["as_of"] <= asked["offset"]
    ]
    return [(max(known)[1],)] if known else []


_CELL_KEY = store._CELL_COLUMNS[:6]


def _cells(tables: Tables, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        tuple(row[name] for name in store._CELL_COLUMNS)
        for row in tables.newest("window_counts_by_partition", _CELL_KEY)
        if row["tenant"] == asked["tenant"]
        and (row["window_s"], row["window_start"], row["topic_partition"])
        in asked["windows"]
    ]


def _watermark(tables: Tables, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    own = [row for row in tables["trainings"] if row["tenant"] == asked["tenant"]]
    return [(own[-1]["watermark"],)] if own else []


def _new_labels(tables: Tables, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    seen = dict(zip(asked["partitions"], asked["offsets"], strict=True))
    return [
        (
            sum(
                row["version"] > 0
                and row["p_success"] is not None
                and row["first_offset"] > seen.get(row["topic_partition"], -1)
                for row in tables.newest("attempts", ("tenant", "attempt_id"))
                if row["tenant"] == asked["tenant"]
            ),
        )
    ]


def _tenants(tables: Tables, _: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(name,) for name in sorted({row["tenant"] for row in tables["attempts"]})]


def _ends(rows: list[Row]) -> list[tuple[Any, ...]]:
    ends: dict[int, int] = defaultdict(int)
    for row in rows:
        partition = row["topic_partition"]
        ends[partition] = max(ends[partition], row["topic_offset"] + 1)
    return list(ends.items())


def _forgotten(tables: Tables, _: dict[str, Any]) -> list[tuple[Any, ...]]:
    return list({(row["tenant"], row["attempt_id"]) for row in tables["forgotten"]})


_ANSWERS: dict[str, Callable[[Tables, dict[str, Any]], list[tuple[Any, ...]]]] = {
    store._STATES: _states,
    store._CELLS: _cells,
    model_store._MODEL: _model,
    forgotten._COUNT: lambda tables, _: [(len(tables["forgotten"]),)],
    forgotten._ALL: _forgotten,
    progress._WATERMARK: _watermark,
    progress._NEW_LABELS: _new_labels,
    training._VERDICT: lambda *_: [],
    "SELECT DISTINCT tenant FROM attempts ORDER BY tenant": _tenants,
}
