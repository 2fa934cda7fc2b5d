"""What is known of a tenant's strategies, read from the tables to be carried elsewhere."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from pilotfish.consumers.memory.groups.playbook import interval
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.strategy_archive import (
    MOST_GROUPS,
    MOST_PATTERNS,
    ArchivedStrategy,
    Count,
    Kind,
    StrategyArchive,
)

_ENOUGH: Final = 20
"""Different problems from which their mean gives none of them away."""

_KINDS: Final = f"""
SELECT group_id, any(g.name), argMax(embedder, at),
    if(uniqExact(problem) >= {_ENOUGH}, avgForEach(embedding), []) AS centroid,
    count(), countIf(p_success >= 0.5), max(at)
FROM (SELECT * FROM memory FINAL WHERE tenant = {{tenant:String}}) AS m
JOIN (SELECT tenant, embedder, cluster, group_id FROM clusters FINAL) AS c
    USING (tenant, embedder, cluster)
JOIN (SELECT tenant, group_id, name FROM groups FINAL) AS g USING (tenant, group_id)
WHERE p_success IS NOT NULL AND group_id != '' AND embedder IN
    (SELECT argMax(embedder, at) FROM memory WHERE tenant = {{tenant:String}})
GROUP BY group_id ORDER BY count() DESC, group_id LIMIT {MOST_GROUPS}
"""  # noqa: S608 - of our own numbers
_COUNTS: Final = """
SELECT g.group_id, s.current, a.model, count(), countIf(g.p_success >= 0.5)
FROM (SELECT * FROM grouped_attempts WHERE tenant = {tenant:String}) AS g
JOIN (SELECT * FROM strategies_current WHERE tenant = {tenant:String}) AS s
    ON s.strategy = g.strategy
JOIN (SELECT attempt_id, model FROM attempts_current WHERE tenant = {tenant:String}) AS a
    ON a.attempt_id = g.attempt_id
WHERE g.p_success IS NOT NULL AND g.group_id != ''
GROUP BY g.group_id, s.current, a.model ORDER BY g.group_id, s.current, a.model
"""
_STRATEGIES: Final = """
SELECT s.strategy AS strategy, s.name AS name, instruction, moves, standing, reason,
    advised, followed, lift, lift_low, lift_high
FROM (SELECT * FROM strategies_current
      WHERE tenant = {tenant:String} AND strategy = current) AS s
LEFT JOIN (SELECT * FROM strategy_adherence WHERE tenant = {tenant:String}) AS a
    USING (tenant, strategy)
ORDER BY strategy
"""
_PATTERNS: Final = f"""
SELECT s.current, pattern
FROM (SELECT * FROM strategy_patterns FINAL WHERE tenant = {{tenant:String}}) AS p
JOIN (SELECT * FROM strategies_current WHERE tenant = {{tenant:String}}) AS s
    ON s.strategy = p.strategy
ORDER BY s.current, pattern LIMIT {MOST_PATTERNS} BY s.current
"""  # noqa: S608 - of our own number


def archive(
    clickhouse: ClickHouse, tenant: str, exported_at: datetime
) -> StrategyArchive:
    """Return what there is of a tenant; a strategy that was merged is in another one.

    Kinds and counts are of the newest encoder's groups only, and of the 1,000 largest.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    of_tenant = {"tenant": tenant}
    patterns: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for strategy, pattern in clickhouse.query(_PATTERNS, of_tenant):
        patterns[strategy].append(tuple(pattern))
    columns, strategies = clickhouse.table(_STRATEGIES, of_tenant)
    kinds = sorted(
        (_kind(*row) for row in clickhouse.query(_KINDS, of_tenant)),
        key=lambda kind: kind.group_id,
    )
    known = {kind.group_id for kind in kinds}
    counts = [_count(*row) for row in clickhouse.query(_COUNTS, of_tenant)]
    return StrategyArchive(
        tenant=tenant,
        exported_at=exported_at,
        pilotfish=version("pilotfish"),
        kinds=tuple(kinds),
        strategies=tuple(
            _strategy(dict(zip(columns, row, strict=True)), patterns)
            for row in strategies
        ),
        counts=tuple(count for count in counts if count.group_id in known),
    )


def _kind(
    group_id: str,
    words: str,
    encoder: str,
    centroid: Iterable[float],
    *counted: Any,
) -> Kind:
    attempts, successes, newest = counted
    return Kind(
        group_id=group_id,
        words=words,
        encoder=encoder,
        centroid=tuple(round(number, 5) for number in centroid),
        attempts=attempts,
        successes=successes,
        newest=newest,
    )


def _count(group: str, strategy: str, model: str, attempts: int, wins: int) -> Count:
    low, high = interval(wins, attempts)
    return Count(
        group_id=group,
        strategy=strategy,
        model=model,
        attempts=attempts,
        successes=wins,
        low=round(low, 4),
        high=round(high, 4),
    )


def _strategy(
    row: dict[str, Any], patterns: dict[str, list[tuple[str, ...]]]
) -> ArchivedStrategy:
    row |= {"moves": tuple(row["moves"]), "reason": row["reason"][:2000]}
    return ArchivedStrategy(**row, patterns=tuple(patterns[row["strategy"]]))
