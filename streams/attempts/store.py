"""States of attempts and windows in ClickHouse: reading the truth, writing it anew.

Of several rows of an attempt or a count, the one with the highest `last_offset` is true.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.events import HintMark
from pilotfish.schemas.keys import AttemptKey
from pilotfish.streams.attempts.cache import Cell, Cells
from pilotfish.streams.attempts.conduct import Conduct
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.windows import Counts, Kind, Page
from pilotfish.streams.labels.rules import RULES, Label, Signal

Row = tuple[Any, ...]

_AT_ONCE: Final = 1000
"""Keys in a query: ids of 128 characters stay within ClickHouse's max_query_size."""

_COLUMNS: Final = (
    *("tenant", "attempt_id", "topic_partition", "last_offset", "version"),
    *("first_offset", "p_success", "abstained", "started", "status", "problem"),
    *("problem_type", "approach", "agent", "agent_version", "model", "started_at"),
    *("ended_at", "last_event_at", "steps", "late_steps", "cost", "tokens"),
    *("evidence", "hint_request_id", "hint_approach", "hint_propensity"),
    *("hint_holdout", "hint_advisor", "seen_events", "asker", "actions", "repeats"),
    *("recent_actions", "answer", "exception", "end_reason", "stuck"),
    *("votes", "labeller", "ended"),
)
_READ: Final = {
    "started_at": "toUnixTimestamp64Micro(started_at)",
    "ended_at": "toUnixTimestamp64Micro(ended_at)",
    "last_event_at": "toUnixTimestamp64Micro(last_event_at)",
}
# Without FINAL: it would merge whole parts, this reads the granules of the keys.
# The ids are bound by the client, into the body: an address would be too short for them.
_STATES: Final = f"""
SELECT {", ".join(_READ.get(name, name) for name in _COLUMNS[:-1])}
FROM attempts
WHERE tenant = %(tenant)s AND attempt_id IN %(ids)s
ORDER BY last_offset DESC LIMIT 1 BY tenant, attempt_id
"""  # noqa: S608 - of our own names

_CELL_COLUMNS: Final = (
    *("tenant", "window_s", "window_start", "topic_partition"),
    *("problem_type", "approach", "attempts", "successes", "failures", "abstentions"),
    *("cost_nano", "duration_us", "last_offset"),
)
_CELLS: Final = """
SELECT tenant, window_s, toUnixTimestamp(window_start), topic_partition,
    problem_type, approach, attempts, successes, failures, abstentions,
    cost_nano, duration_us, last_offset
FROM window_counts_by_partition
WHERE tenant = %(tenant)s AND (window_s, window_start, topic_partition) IN %(windows)s
ORDER BY last_offset DESC
LIMIT 1 BY tenant, window_s, window_start, problem_type, approach, topic_partition
"""


def load_states(
    clickhouse: ClickHouse, keys: Iterable[AttemptKey]
) -> dict[AttemptKey, State]:
    """Return the states that ClickHouse has of these attempts.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    found = {}
    for tenant, ids in _by_tenant((key[0], key[1]) for key in keys):
        for row in clickhouse.query(_STATES, {"tenant": tenant, "ids": tuple(ids)}):
            state = _state(row)
            found[state.tenant, state.attempt_id] = state
    return found


def load_pages(clickhouse: ClickHouse, pages: Collection[Page]) -> dict[Page, Cells]:
    """Return all these windows; those that ClickHouse does not have are empty.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    found: dict[Page, Cells] = {page: {} for page in pages}
    for tenant, windows in _by_tenant((page.tenant, page[1:]) for page in pages):
        parameters = {"tenant": tenant, "windows": tuple(windows)}
        for row in clickhouse.query(_CELLS, parameters):
            counts = Counts(*(int(count) for count in row[6:12]))
            found[Page(*row[:4])][Kind(*row[4:6])] = Cell(counts, int(row[12]))
    return found


def write_states(clickhouse: ClickHouse, states: Iterable[State]) -> None:
    """Insert the states as one block; raises as `ClickHouse.insert`."""
    clickhouse.insert("attempts", _COLUMNS, [_row(state) for state in states])


def write_cells(
    clickhouse: ClickHouse, cells: Iterable[tuple[Page, Kind, Cell]]
) -> None:
    """Insert the counts as one block; raises as `ClickHouse.insert`."""
    rows = [
        (*page, *kind, *cell.counts, cell.last_offset) for page, kind, cell in cells
    ]
    clickhouse.insert("window_counts_by_partition", _CELL_COLUMNS, rows)


def _by_tenant(keys: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for tenant, key in keys:
        groups.setdefault(tenant, []).append(key)
    for tenant, group in groups.items():
        waiting = iter(group)
        while chunk := list(islice(waiting, _AT_ONCE)):
            yield tenant, chunk


def _row(s: State) -> Row:
    hint = s.hint
    # fmt: off
    return (
        s.tenant, s.attempt_id, s.partition, s.last_offset, s.version,
        s.first_offset, s.label.p_success, s.label.abstained, s.started, s.status,
        s.problem, s.problem_type, s.approach, s.agent, s.agent_version, s.model,
        s.started_us, s.ended_us, s.last_event_us, s.steps, s.late_steps, s.cost,
        s.tokens, _evidence(s.signals), hint.request_id if hint else "",
        (hint.approach if hint else "") or "", hint.propensity if hint else None,
        hint.holdout if hint else False, hint.advisor_version if hint else "",
        list(s.seen), s.asker, *_conduct_row(s.conduct), s.votes,
        s.label.by if s.version else "", bool(s.status),
    )
    # fmt: on


def _state(row: Sequence[Any]) -> State:
    v = dict(zip(_COLUMNS, row, strict=False))
    return State(
        tenant=v["tenant"],
        attempt_id=v["attempt_id"],
        partition=v["topic_partition"],
        last_offset=v["last_offset"],
        version=v["version"],
        first_offset=v["first_offset"],
        label=Label(v["p_success"], v["abstained"], v["labeller"] or RULES),
        started=v["started"],
        status=v["status"],
        problem=v["problem"],
        problem_type=v["problem_type"],
        approach=v["approach"],
        agent=v["agent"],
        agent_version=v["agent_version"],
        model=v["model"],
        started_us=v["started_at"],
        ended_us=v["ended_at"],
        last_event_us=v["last_event_at"],
        steps=v["steps"],
        late_steps=v["late_steps"],
        cost=v["cost"],
        tokens=v["tokens"],
        signals=[Signal(**signal) for signal in json.loads(v["evidence"] or "[]")],
        hint=_hint(v),
        seen=dict.fromkeys(v["seen_events"]),
        asker=v["asker"],
        conduct=_conduct(v),
        votes=dict(v["votes"]),
    )


def _conduct_row(c: Conduct) -> Row:
    return c.actions, c.repeats, c.recent, c.answer, c.exception, c.reason, c.stuck


def _conduct(v: dict[str, Any]) -> Conduct:
    return Conduct(
        actions=list(v["actions"]),
        recent=list(v["recent_actions"]),
        repeats=v["repeats"],
        answer=v["answer"],
        exception=v["exception"],
        reason=v["end_reason"],
        stuck=v["stuck"],
    )


def _evidence(signals: Iterable[Signal]) -> str:
    listed = [signal._asdict() for signal in signals]
    return json.dumps(listed, ensure_ascii=False) if listed else "[]"


def _hint(v: dict[str, Any]) -> HintMark | None:
    if not v["hint_request_id"]:
        return None
    return HintMark(
        request_id=v["hint_request_id"],
        approach=v["hint_approach"] or None,
        propensity=v["hint_propensity"],
        advisor_version=v["hint_advisor"],
        holdout=v["hint_holdout"],
    )
