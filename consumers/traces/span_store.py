"""The spans of all traces, in ClickHouse."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from pilotfish.consumers.traces.span_rows import (
    COLUMNS,
    SELECTED,
    SpanRow,
    row_of,
    span_of,
)
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.traces.responses import (
    judged_response,
    response_of,
    trace_of_response,
)
from pilotfish.traces.span import Span

TraceKey = tuple[str, str]
"""Tenant and trace."""
ResponseKey = tuple[str, str]
"""Tenant, and the id of a model's response."""

_AT_ONCE: Final = 1000
"""Keys of one query: ClickHouse takes a megabyte of parameters."""
_AMONG: Final = "tenant IN {tenants:Array(String)} AND trace_id IN {ids:Array(String)}"
_ROOTS: Final = f"""
SELECT DISTINCT tenant, trace_id FROM spans
WHERE (parent_id = '' OR remote_parent) AND {_AMONG}
"""  # noqa: S608
_ANSWERED: Final = f"""
SELECT DISTINCT tenant, response_id, trace_id FROM spans
WHERE tenant IN {{tenants:Array(String)}} AND response_id IN {{ids:Array(String)}}
    AND name != '{EVALUATION}'
"""  # noqa: S608
_SPANS: Final = f"SELECT {SELECTED} FROM spans WHERE {_AMONG}"  # noqa: S608


class SpanStore:
    """Raises as `ClickHouse.query` and `ClickHouse.insert`."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    def add(self, spans: Iterable[tuple[str, Span]]) -> None:
        """Insert tenants' spans; one that is there already collapses with it.

        An evaluation that names a response is also kept for that response.
        """
        kept = [one for tenant, span in spans for one in _places(tenant, span)]
        rows = [row_of(tenant, span) for tenant, span in kept]
        self._clickhouse.insert("spans", COLUMNS, rows)

    def with_root(self, keys: Collection[TraceKey]) -> set[TraceKey]:
        """Return those of these traces whose root is there."""
        rows = self._rows(_ROOTS, keys)
        return {(str(tenant), str(trace)) for tenant, trace in rows} & set(keys)

    def with_response(
        self, keys: Collection[ResponseKey]
    ) -> dict[ResponseKey, list[TraceKey]]:
        """Return the traces in which a model gave each of these responses."""
        found: dict[ResponseKey, list[TraceKey]] = defaultdict(list)
        for tenant, response, trace in self._rows(_ANSWERED, keys):
            found[str(tenant), str(response)].append((str(tenant), str(trace)))
        return {key: found[key] for key in keys if key in found}

    def spans_of(self, keys: Collection[TraceKey]) -> dict[TraceKey, list[Span]]:
        """Return all spans of these traces, in any order, some perhaps twice.

        Among them are the evaluations of their responses, whatever trace these named.
        """
        traces = self._spans_of(keys)
        judged: dict[TraceKey, list[TraceKey]] = defaultdict(list)
        for key, spans in traces.items():
            given = [s.attributes for s in spans if s.name != EVALUATION]
            for response in {response_of(told) for told in given} - {""}:
                judged[key[0], trace_of_response(response)].append(key)
        for place, evaluations in self._spans_of(judged).items():
            for key in judged[place]:
                traces[key] += evaluations
        return traces

    def _spans_of(self, keys: Collection[TraceKey]) -> dict[TraceKey, list[Span]]:
        traces: dict[TraceKey, list[Span]] = defaultdict(list)
        for fields in self._rows(_SPANS, keys):
            row = SpanRow(*fields)
            traces[row.tenant, row.trace_id].append(span_of(row))
        return {key: traces[key] for key in keys if key in traces}

    def _rows(
        self, query: str, keys: Collection[tuple[str, str]]
    ) -> Iterator[tuple[Any, ...]]:
        ordered = sorted(keys)
        for begin in range(0, len(ordered), _AT_ONCE):
            asked = ordered[begin : begin + _AT_ONCE]
            yield from self._clickhouse.query(query, _params(asked))


def _places(tenant: str, span: Span) -> Iterator[tuple[str, Span]]:
    yield tenant, span
    response = judged_response(span)
    if response:
        yield tenant, replace(span, trace_id=trace_of_response(response))


def _params(keys: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the tenants, and the ids of traces or responses, of keys."""
    return {
        "tenants": sorted({tenant for tenant, _ in keys}),
        "ids": sorted({one for _, one in keys}),
    }
