"""Rows of the tables that the console's pages show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pilotfish.runtime.clickhouse import ClickHouse

BEGUN = datetime(2026, 12, 1, 9, tzinfo=UTC)


class ConsoleRows:
    """Writes rows of one tenant."""

    def __init__(self, clickhouse: ClickHouse, tenant: str) -> None:
        self._clickhouse = clickhouse
        self.tenant = tenant
        self._attempts = 0

    def write(self, table: str, **columns: Any) -> None:
        names = ("tenant", *columns)
        row = (self.tenant, *columns.values())
        self._clickhouse.insert(table, names, [row])

    def attempts(self, count: int, wins: int, **columns: Any) -> None:
        """Write ended attempts, of which the first ones succeeded."""
        made = [self._attempt(float(n < wins), columns) for n in range(count)]
        names, rows = list(made[0]), [list(each.values()) for each in made]
        self._clickhouse.insert("attempts", names, rows)

    def asked(self, count: int, wins: int, *, holdout: bool) -> None:
        """Write attempts that asked for advice."""
        given = {"hint_request_id": "r", "hint_holdout": holdout}
        self.attempts(count, wins, **given, problem_type="sql", cost=0.5)

    def _attempt(self, p_success: float, columns: dict[str, Any]) -> dict[str, Any]:
        self._attempts += 1
        at = BEGUN + timedelta(seconds=self._attempts)
        return {
            "tenant": self.tenant,
            "attempt_id": f"{self.tenant}-{self._attempts:05d}",
            "version": 1,
            "ended": True,
            "status": "succeeded" if p_success else "failed",
            "p_success": p_success,
            "problem": "Which heads are older than 56?",
            "approach": "plan",
            "started_at": at,
            "ended_at": at + timedelta(seconds=2),
            "last_offset": 1,
            "last_event_at": at,
            **columns,
        }
