"""The spans of all traces, in ClickHouse."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from pilotfish.consumers.traces.span_rows import (
    COLUMNS,
    SELECTED,
    SpanRow,
    row_of,
    span_of,
)
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.traces.span import Span

TraceKey = tuple[str, str]
"""Tenant and trace."""

_AMONG: Final = "tenant IN {tenants:Array(String)} AND trace_id IN {ids:Array(String)}"
_ROOTS: Final = f"""
SELECT DISTINCT tenant, trace_id FROM spans
WHERE (parent_id = '' OR remote_parent) AND {_AMONG}
"""  # noqa: S608
_SPANS: Final = f"SELECT {SELECTED} FROM spans WHERE {_AMONG}"  # noqa: S608


class SpanStore:
    """Raises as `ClickHouse.query` and `ClickHouse.insert`."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    def add(self, spans: Iterable[tuple[str, Span]]) -> None:
        """Insert tenants' spans; one that is there already collapses with it."""
        rows = [row_of(tenant, span) for tenant, span in spans]
        self._clickhouse.insert("spans", COLUMNS, rows)

    def with_root(self, keys: Collection[TraceKey]) -> set[TraceKey]:
        """Return those of these traces whose root is there."""
        rows = self._clickhouse.query(_ROOTS, _params(keys)) if keys else []
        return {(str(tenant), str(trace)) for tenant, trace in rows} & set(keys)

    def spans_of(self, keys: Collection[TraceKey]) -> dict[TraceKey, list[Span]]:
        """Return all spans of these traces, in any order, some perhaps twice."""
        traces: dict[TraceKey, list[Span]] = defaultdict(list)
        for fields in self._clickhouse.query(_SPANS, _params(keys)) if keys else []:
            row = SpanRow(*fields)
            traces[row.tenant, row.trace_id].append(span_of(row))
        return {key: traces[key] for key in keys if key in traces}


def _params(keys: Collection[TraceKey]) -> dict[str, list[str]]:
    return {
        "tenants": sorted({tenant for tenant, _ in keys}),
        "ids": sorted({trace for _, trace in keys}),
    }
