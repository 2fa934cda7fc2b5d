"""The playbooks of all tenants in ClickHouse: written anew where there is enough news."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from pilotfish.consumers.memory.groups.playbook import ATTEMPTS, Entry, Tried, entries
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import micros, utc_now

NEWS: Final = 0.05
"""Share of new attempts from which a playbook is written anew."""

_COLUMNS: Final = (
    *(
        "tenant",
        "group_id",
        "approach",
        "attempts",
        "weight",
        "p_success",
        "low",
        "high",
    ),
    *("cost", "actions", "failures", "trend", "last_seen", "version"),
)
_TRIED: Final = f"""
SELECT group_id, approach, at, p_success, cost, actions FROM grouped_attempts
WHERE tenant = %(tenant)s AND p_success IS NOT NULL AND approach != '' AND group_id != ''
ORDER BY at DESC LIMIT {ATTEMPTS} BY group_id, approach
"""  # noqa: S608 - of our own numbers


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
        """Write the playbook of one tenant that has news; return whether one had."""
        for tenant, count in self._new.items():
            if count >= 1 + NEWS * self._written[tenant]:
                self._written[tenant] += count
                del self._new[tenant]
                self.write(tenant)
                return True
        return False

    def write(self, tenant: str) -> None:
        """Write a tenant's playbook as of now."""
        now = self._clock()
        of_group: dict[str, list[Tried]] = defaultdict(list)
        for group, *tried in self._clickhouse.query(_TRIED, {"tenant": tenant}):
            of_group[group].append(Tried(*tried))
        rows = [
            _row(tenant, group, entry, micros(now))
            for group, ones in of_group.items()
            for entry in entries(ones, now)
        ]
        self._clickhouse.insert("playbook", _COLUMNS, rows)


def _row(tenant: str, group: str, entry: Entry, version: int) -> tuple[Any, ...]:
    return (
        *(tenant, group, entry.approach, entry.attempts, entry.weight),
        *(entry.p_success, entry.low, entry.high, entry.cost, list(entry.actions)),
        *(entry.failures, entry.trend, micros(entry.last_seen), version),
    )
