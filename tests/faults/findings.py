"""What is in ClickHouse against what was published."""

from collections import Counter
from dataclasses import astuple, dataclass
from typing import Any

from faults.script import Script, Truth
from faults.truth import windows_differ

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import new_labels

_EVENTS = """
SELECT attempt_id, count(), uniqExact(event_id) FROM events
WHERE tenant = {tenant:String} GROUP BY attempt_id
"""
_ATTEMPTS = """
SELECT attempt_id, p_success, problem_type, approach, cost, toUInt32(length(seen_events))
FROM attempts FINAL WHERE tenant = {tenant:String} AND version > 0
"""
_REMEMBERED = """
SELECT attempt_id, m.p_success IS NOT DISTINCT FROM a.p_success AND m.cluster != ''
FROM (SELECT * FROM attempts FINAL WHERE tenant = {tenant:String} AND version > 0) AS a
INNER JOIN (SELECT * FROM memory FINAL WHERE tenant = {tenant:String}) AS m
    USING (tenant, attempt_id)
"""
_DEAD = """
SELECT count() FROM dead_letters FINAL WHERE tenant = {tenant:String}
"""
_HINTS = "SELECT request_id FROM hints FINAL WHERE tenant = {tenant:String}"


_TOLD = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """All zeros where every promise holds.

    Args:
        missing: events, attempts, what is remembered of them, and dead letters that are
            not there.
        doubled: those that are there more than once.
        wrong: labels, sums and windows with another content; the trigger's count, if off.
        unanswered: requests in Kafka without a hint.
    """

    missing: int = 0
    doubled: int = 0
    wrong: int = 0
    unanswered: int = 0

    def __bool__(self) -> bool:
        """Say whether anything was found."""
        return any(astuple(self))

    def plus(self, other: "Findings") -> "Findings":
        return Findings(*map(int.__add__, astuple(self), astuple(other)))


def look(clickhouse: ClickHouse, script: Script) -> Findings:
    """Compare everything that the platform made of the script with the script."""
    asked: dict[str, str] = {"tenant": script.settings.tenant}
    found = Findings()
    for part in (_events, _attempts, _memory, _dead_letters, _windows, _hints):
        found = found.plus(part(clickhouse, script, asked))
    return found


def told(clickhouse: ClickHouse, script: Script) -> str:
    """Return what is wrong, in words: some attempts, some windows, and the counts."""
    asked: dict[str, str] = {"tenant": script.settings.tenant}
    rows = {row[0]: row[1:] for row in clickhouse.query(_ATTEMPTS, asked)}
    wrong = [
        f"{one}: {rows[one]} instead of {truth}"
        for one, truth in script.truths.items()
        if one in rows and not _true(rows[one], truth)
    ]
    windows = [str(row) for row in windows_differ(clickhouse, asked["tenant"])]
    counted = f"new labels {new_labels(clickhouse, asked['tenant'])}"
    return "\n".join([*wrong[:_TOLD], *windows[:_TOLD], counted])


def _events(clickhouse: ClickHouse, script: Script, asked: dict[str, str]) -> Findings:
    rows = {row[0]: row[1:] for row in clickhouse.query(_EVENTS, asked)}
    missing = doubled = 0
    for one, truth in script.truths.items():
        count, different = rows.get(one, (0, 0))
        missing += max(0, truth.events - different)
        doubled += max(0, count - truth.events)
    return Findings(missing, doubled)


def _attempts(
    clickhouse: ClickHouse, script: Script, asked: dict[str, str]
) -> Findings:
    rows = clickhouse.query(_ATTEMPTS, asked)
    stored = {row[0]: row[1:] for row in rows}
    there = script.truths.keys() & stored.keys()
    wrong = sum(not _true(stored[one], script.truths[one]) for one in there)
    missing = len(script.truths) - len(there)
    return Findings(missing, len(rows) - len(stored), wrong)


def _memory(clickhouse: ClickHouse, script: Script, asked: dict[str, str]) -> Findings:
    rows = dict(clickhouse.query(_REMEMBERED, asked))
    missing = len(script.truths.keys() - rows.keys())
    return Findings(missing=missing, wrong=sum(not true for true in rows.values()))


def _true(row: tuple[Any, ...], truth: Truth) -> bool:
    known = truth.problem_type, truth.approach, truth.cost, truth.events
    return truth.fits(row[0]) and row[1:] == known


def _dead_letters(
    clickhouse: ClickHouse, script: Script, asked: dict[str, str]
) -> Findings:
    # Archive and streams both set it aside, and its place makes it one row.
    [(count,)] = clickhouse.query(_DEAD, asked)
    return Findings(max(0, script.bad - count), max(0, count - script.bad))


def _windows(clickhouse: ClickHouse, script: Script, asked: dict[str, str]) -> Findings:
    tenant = asked["tenant"]
    labelled = sum(one.p_success is not None for one in script.truths.values())
    off = new_labels(clickhouse, tenant) != labelled
    return Findings(wrong=len(windows_differ(clickhouse, tenant)) + int(off))


def _hints(clickhouse: ClickHouse, script: Script, asked: dict[str, str]) -> Findings:
    given = Counter(row[0] for row in clickhouse.query(_HINTS, asked))
    doubled = sum(count - 1 for count in given.values())
    return Findings(doubled=doubled, unanswered=len(script.requests - given.keys()))
