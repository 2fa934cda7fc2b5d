"""What the tables know of one strategy: by group of problems, and of advice."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from pilotfish._cli.strategy_changes import IMPORTED
from pilotfish._cli.strategy_effects import adjusted
from pilotfish.consumers.memory.groups.playbook import interval
from pilotfish.runtime.catalogue import catalogue
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.strategies import Prior
from pilotfish.strategies.effects import LEAST, Effect

_STANDS: Final = """
SELECT current, name, standing, reason, moves, instruction FROM strategies_current
WHERE tenant = {tenant:String} AND strategy = {strategy:String}
"""
_GROUPS: Final = """
WITH strategy IN (SELECT strategy FROM strategies_current
                  WHERE tenant = {tenant:String} AND current = {strategy:String}) AS its
SELECT group_id, any(group_name), countIf(its) AS attempts, countIf(its AND p_success >= 0.5),
       countIf(NOT its), countIf(NOT its AND p_success >= 0.5)
FROM grouped_attempts WHERE tenant = {tenant:String} AND p_success IS NOT NULL
GROUP BY group_id HAVING attempts > 0 ORDER BY attempts DESC, group_id
"""
_ADVICE: Final = """
SELECT * EXCEPT (tenant, strategy, name) FROM strategy_adherence
WHERE tenant = {tenant:String} AND strategy = {strategy:String}
"""

_MOST_ADJUSTED: Final = 5
"""Groups with an adjusted difference, the largest ones: each takes half a second."""

Rate = tuple[float | None, float | None, float | None]
"""A share of successes and its 95 % interval; None where nothing is counted."""


class Group(NamedTuple):
    """A strategy's attempts on a group of problems, and the group's other attempts.

    `adjusted` is how much more often the strategy succeeds at problems of which their
    texts foretell the same; None where that cannot be told.
    """

    name: str
    attempts: int
    success: Rate
    others: int
    success_of_others: Rate
    adjusted: Rate


@dataclass(frozen=True, slots=True)
class Evidence:
    """A strategy, its evidence by group, and the columns of `strategy_adherence`.

    `imported` is what counts of the archive with which it came in.
    """

    strategy: str
    name: str
    standing: str
    reason: str
    moves: Sequence[str]
    instruction: str
    groups: Sequence[Group]
    advice: Mapping[str, Any]
    imported: Prior | None

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        imported = self.imported and self.imported.model_dump(include={"gain", "worth"})
        groups = [group._asdict() for group in self.groups]
        return asdict(self) | {"groups": groups, "imported": imported}


def evidence(settings: Settings, tenant: str, strategy: str) -> Evidence | None:
    """Return what is known of a strategy, or of the one that has taken its place.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    clickhouse = ClickHouse(settings)
    keys = {"tenant": tenant, "strategy": strategy}
    stands = clickhouse.query(_STANDS, keys)
    if not stands:
        return None
    current, name, standing, reason, moves, instruction = stands[0]
    keys["strategy"] = current
    columns, rows = clickhouse.table(_ADVICE, keys)
    return Evidence(
        strategy=current,
        name=name,
        standing=standing,
        reason=reason,
        moves=moves,
        instruction=instruction,
        groups=_groups(clickhouse, keys),
        advice=dict(zip(columns, rows[0], strict=True)) if rows else {},
        imported=_imported(settings, tenant, current) if IMPORTED in reason else None,
    )


def _groups(clickhouse: ClickHouse, keys: Mapping[str, str]) -> list[Group]:
    groups, compared = [], 0
    for group, name, n, wins, others, of_others in clickhouse.query(_GROUPS, keys):
        enough = min(n, others) >= LEAST and compared < _MOST_ADJUSTED
        compared += enough
        found = adjusted(clickhouse, **keys, group=group) if enough else None
        rates = _rate(wins, n), others, _rate(of_others, others)
        groups.append(Group(name, n, *rates, _ends(found)))
    return groups


def _ends(effect: Effect | None) -> Rate:
    if effect is None:
        return None, None, None
    return round(effect.difference, 4), round(effect.low, 4), round(effect.high, 4)


def _imported(settings: Settings, tenant: str, strategy: str) -> Prior | None:
    change = catalogue(settings).of(tenant).get(strategy)
    return None if change is None else change.imported


def _rate(successes: int, of: int) -> Rate:
    if not of:
        return None, None, None
    low, high = interval(successes, of)
    return round(successes / of, 4), round(low, 4), round(high, 4)
