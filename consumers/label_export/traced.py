"""Which attempts came as traces, and which span of them each is about."""

import re
from collections.abc import Collection
from typing import Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.keys import AttemptKey

_TraceKey = tuple[str, str]
"""Tenant and trace."""
TracePlace = tuple[str, str]
"""Trace and span; the span is empty where the root never came."""

_OF_TRACE: Final = re.compile(r"(?P<trace>[0-9a-f]{32})(?:-(?P<span>[0-9a-f]{16}))?")
"""The id of an attempt that came as a trace, or as a part of one."""
_ROOTS: Final = """
SELECT tenant, trace_id, argMinIf(span_id, at, parent_id = '' OR remote_parent) FROM spans
WHERE tenant IN {tenants:Array(String)} AND trace_id IN {ids:Array(String)}
GROUP BY tenant, trace_id
"""


class Traced:
    """Raises as `ClickHouse.query`."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    def places(self, attempts: Collection[AttemptKey]) -> dict[AttemptKey, TracePlace]:
        """Return where those of these attempts are that came as traces."""
        parsed = {key: _OF_TRACE.fullmatch(key[1]) for key in attempts}
        matches = {key: match for key, match in parsed.items() if match}
        roots = self._roots({(key[0], m["trace"]) for key, m in matches.items()})
        return {
            key: (match["trace"], match["span"] or roots[key[0], match["trace"]])
            for key, match in matches.items()
            if (key[0], match["trace"]) in roots
        }

    def _roots(self, traces: Collection[_TraceKey]) -> dict[_TraceKey, str]:
        """Return the roots of those of these traces that have spans."""
        if not traces:
            return {}
        asked = {
            "tenants": sorted({tenant for tenant, _ in traces}),
            "ids": sorted({trace for _, trace in traces}),
        }
        rows = self._clickhouse.query(_ROOTS, asked)
        return {(str(tenant), str(trace)): str(root) for tenant, trace, root in rows}
