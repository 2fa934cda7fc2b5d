"""What ClickHouse knows of strategies: patterns of attempts, and how strategies stand."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import micros
from pilotfish.schemas.strategies import StrategyChanged
from pilotfish.strategies.finding import MOST_PATTERNS
from pilotfish.strategies.patterns import LENGTH, Pattern

_INSERTING_MS: Final = 10_000
"""Longer than it takes until a row that got its time can be read."""

_UNNAMED: Final = "tenant = {tenant:String} AND approach = '' AND notEmpty(moves)"
_PATTERN: Final = f"arraySlice(moves, 1, {LENGTH})"

_CHANGED: Final = """
SELECT DISTINCT tenant, toUnixTimestamp64Milli(now64(3)) FROM memory
WHERE approach = '' AND notEmpty(moves)
    AND inserted_at >= fromUnixTimestamp64Milli({since:Int64})
"""
_COUNTS: Final = f"""
SELECT {_PATTERN} AS pattern, strategy, count() FROM memory_current WHERE {_UNNAMED}
GROUP BY pattern, strategy
ORDER BY sum(count()) OVER (PARTITION BY pattern) DESC, pattern, strategy
LIMIT {2 * MOST_PATTERNS}
"""  # noqa: S608 - of our own numbers
_DIFFERENT: Final = f"""
SELECT uniqExact({_PATTERN}) FROM memory_current WHERE {_UNNAMED}
"""  # noqa: S608 - of our own numbers
_PATTERNS: Final = """
SELECT pattern, strategy FROM strategy_patterns FINAL
WHERE tenant = {tenant:String} AND strategy != ''
"""
_TO_ASSIGN: Final = f"""
SELECT attempt_id, topic_partition, version, {_PATTERN} AS pattern, strategy
FROM memory_current WHERE {_UNNAMED}
    AND has({{used:Array(Tuple(Array(String), String))}}, (pattern, strategy::String))
ORDER BY at DESC LIMIT {{most:UInt32}}
"""  # noqa: S608 - of our own numbers
_AT_ONCE: Final = 200
"""Patterns that one query asks for: they travel in its address."""

Used = tuple[Pattern, str]
"""A pattern, and the strategy that some of its attempts have."""


class Unassigned(NamedTuple):
    """An attempt whose strategy changes; `version` is that of its label."""

    attempt_id: str
    partition: int
    version: int
    used: Used


class _PatternRow(NamedTuple):
    """The columns of `strategy_patterns`."""

    tenant: str
    pattern: list[str]
    strategy: str
    version: int


class _StrategyRow(NamedTuple):
    """The columns of `strategies`."""

    tenant: str
    strategy: str
    name: str
    instruction: str
    moves: list[str]
    attempts: int
    standing: str
    merged_into: str
    reason: str
    version: int


class Tables:
    """Reads and writes.

    Raises:
        UnavailableError, StorageError: from all methods, as `ClickHouse.query`.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse
        self._since_ms = 0

    def changed(self) -> list[str]:
        """Return the tenants with new unnamed attempts since the last call."""
        rows = self._clickhouse.query(_CHANGED, {"since": self._since_ms})
        if rows:
            self._since_ms = max(int(now_ms) for _, now_ms in rows) - _INSERTING_MS
        return [str(tenant) for tenant, _ in rows]

    def counts(self, tenant: str) -> dict[Pattern, Counter[str]]:
        """Return the attempts by pattern, and by the strategy that they have now."""
        counts: dict[Pattern, Counter[str]] = defaultdict(Counter)
        for pattern, strategy, n in self._clickhouse.query(_COUNTS, {"tenant": tenant}):
            counts[tuple(pattern)][str(strategy)] = int(n)
        return counts

    def different(self, tenant: str) -> int:
        """Return how many different patterns there are, however many `counts` returns."""
        [(count,)] = self._clickhouse.query(_DIFFERENT, {"tenant": tenant})
        return int(count)

    def patterns(self, tenant: str) -> dict[Pattern, str]:
        """Return the strategy of each pattern that has one."""
        rows = self._clickhouse.query(_PATTERNS, {"tenant": tenant})
        return {tuple(pattern): str(strategy) for pattern, strategy in rows}

    def unassigned(
        self, tenant: str, used: Sequence[Used], most: int
    ) -> list[Unassigned]:
        """Return the newest attempts with one of these patterns, and its strategy, now."""
        attempts: list[Unassigned] = []
        for start in range(0, len(used), _AT_ONCE):
            part = [(list(p), s) for p, s in used[start : start + _AT_ONCE]]
            params = {"tenant": tenant, "used": part, "most": most - len(attempts)}
            attempts += [
                Unassigned(str(id_), int(place), int(version), (tuple(p), str(s)))
                for id_, place, version, p, s in self._clickhouse.query(
                    _TO_ASSIGN, params
                )
            ]
        return attempts

    def write_patterns(
        self, tenant: str, patterns: Mapping[Pattern, str], version: int
    ) -> None:
        """Write the strategies of patterns."""
        rows = [
            _PatternRow(tenant, list(pattern), strategy, version)
            for pattern, strategy in patterns.items()
        ]
        self._clickhouse.insert("strategy_patterns", _PatternRow._fields, rows)

    def write_strategies(
        self, changes: Iterable[StrategyChanged], attempts: Mapping[str, int]
    ) -> None:
        """Write how strategies stand."""
        rows: Sequence[_StrategyRow] = [
            _StrategyRow(
                tenant=change.tenant,
                strategy=change.strategy_id,
                name=change.name,
                instruction=change.instruction,
                moves=list(change.moves),
                attempts=attempts.get(change.strategy_id, 0),
                standing=change.standing,
                merged_into=change.merged_into,
                reason=change.reason,
                version=micros(change.at),
            )
            for change in changes
        ]
        self._clickhouse.insert("strategies", _StrategyRow._fields, rows)
