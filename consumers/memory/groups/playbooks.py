"""The playbooks of all tenants in ClickHouse, rewritten after enough new attempts."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from pilotfish.consumers.memory.groups.playbook import ATTEMPTS, Entry, Tried, entries
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import micros, utc_now

NEW_SHARE: Final = 0.05
"""Share of new attempts from which a playbook is rewritten."""

_TRIED: Final = f"""
SELECT group_id, if(approach = '', strategy, approach) AS tried, at, p_success, cost, actions FROM grouped_attempts
WHERE tenant = %(tenant)s AND p_success IS NOT NULL AND tried != '' AND group_id != ''
ORDER BY at DESC LIMIT {ATTEMPTS} BY group_id, tried
"""  # noqa: S608 - of our own numbers


class _Row(NamedTuple):
    """The columns of `playbook`."""

    tenant: str
    group_id: str
    approach: str
    attempts: int
    weight: float
    p_success: float
    low: float
    high: float
    cost: float
    actions: list[str]
    failures: str
    trend: float
    last_seen: int
    version: int


class Playbooks:
    """Writes playbooks.

    Raises:
        UnavailableError, StorageError: from all methods, as `ClickHouse.query`.
    """

    def __init__(
        self, clickhouse: ClickHouse, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._clickhouse = clickhouse
        self._clock = clock
        self._new: dict[str, int] = defaultdict(int)
        self._written: dict[str, int] = defaultdict(int)

    def note(self, tenants: Sequence[str]) -> None:
        """Count new attempts, by tenant."""
        for tenant in tenants:
            self._new[tenant] += 1

    def step(self) -> bool:
        """Rewrite the playbook of one tenant that is due; return whether one was."""
        for tenant, count in self._new.items():
            if count >= 1 + NEW_SHARE * self._written[tenant]:
                self._written[tenant] += count
                del self._new[tenant]
                self.write(tenant)
                return True
        return False

    def write(self, tenant: str) -> None:
        """Write a tenant's playbook from its attempts until now."""
        now = self._clock()
        by_group: dict[str, list[Tried]] = defaultdict(list)
        for group, *columns in self._clickhouse.query(_TRIED, {"tenant": tenant}):
            by_group[group].append(Tried(*columns))
        rows = [
            _row(tenant, group, entry, micros(now))
            for group, attempts in by_group.items()
            for entry in entries(attempts, now)
        ]
        self._clickhouse.insert("playbook", _Row._fields, rows)


def _row(tenant: str, group: str, entry: Entry, version: int) -> _Row:
    return _Row(
        tenant=tenant,
        group_id=group,
        approach=entry.approach,
        attempts=entry.attempts,
        weight=entry.weight,
        p_success=entry.p_success,
        low=entry.low,
        high=entry.high,
        cost=entry.cost,
        actions=list(entry.actions),
        failures=entry.failures,
        trend=entry.trend,
        last_seen=micros(entry.last_seen),
        version=version,
    )
