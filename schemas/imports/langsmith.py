"""LangSmith run exports: JSON lists or lines, or Parquet; flat runs, or nested in `child_runs`.

The runs of a trace may stand anywhere in a file, so it is read twice: first for where the
last run of each trace is, then for the runs, which are kept until that place.
"""

from collections.abc import Iterator
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Found
from pilotfish.schemas.imports.format import (
    Format,
    Sample,
    Source,
    of_attempts,
    unread_fields,
)
from pilotfish.schemas.imports.langsmith_trace import READS, attempt
from pilotfish.schemas.imports.values import mappings, name

_NAME: Final = "langsmith"
_NEEDED: Final = {"run_type", "id", "start_time"}

Run = dict[str, Any]


def _is_this(sample: Sample) -> bool:
    return any(isinstance(r, dict) and r.keys() >= _NEEDED for r in sample.records)


def _attempts(source: Source) -> Iterator[Found]:
    last = {}
    for record in source.quietly().records():
        if isinstance(record.value, dict):
            last[_trace(record.value)] = record.place
    traces: dict[str, tuple[str, list[Run]]] = {}
    for record in source.records():
        if not isinstance(record.value, dict) or not _trace(record.value):
            source.findings.skip(record.place, "a run has an id")
            continue
        for unknown in unread_fields(record.value, READS):
            source.findings.ignore(record.place, unknown)
        trace = _trace(record.value)
        place, runs = traces.setdefault(trace, (record.place, []))
        runs.extend(_flat(record.value))
        if last[trace] == record.place:
            del traces[trace]
            yield Found(place, attempt(trace, runs))


def _trace(run: Run) -> str:
    """Return the trace of a run; a run without one is its own."""
    order = name(run.get("dotted_order")).split(".")[0]
    root = order[order.find("Z") + 1 :] if "Z" in order else ""
    return name(run.get("trace_id")) or root or name(run.get("id"))


def _flat(run: Run) -> Iterator[Run]:
    """Yield a run and those below it; without recursion, for an export may be deep."""
    waiting = [run]
    while waiting:
        here = waiting.pop()
        yield here
        above = {"parent_run_id": here.get("id")}
        waiting.extend(above | child for child in mappings(here.get("child_runs")))


FORMAT: Final = Format(
    _NAME,
    "run exports of LangSmith: JSON, JSON lines or Parquet",
    _is_this,
    of_attempts(_NAME, _attempts),
)
