"""Playbooks in a real ClickHouse, over a month of attempts."""

import random
from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
from support.advice.labels import label

from pilotfish.consumers.memory.groups.playbook import ATTEMPTS
from pilotfish.consumers.memory.groups.playbooks import Playbooks
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now

DAYS, A_DAY = 30, 60
GROUPS = ("g0", "g1", "g2")
APPROACHES = ("plan", "react", "direct")
VECTOR = np.eye(1, 384, dtype=np.float32)[0]


class Month:
    """Attempts day by day; on group i approach i succeeds in 70 %, others in 35 %."""

    def __init__(self, settings: Settings) -> None:
        self.tenant = settings.tenant
        self.clickhouse = ClickHouse(settings)
        self.today = utc_now() - timedelta(days=DAYS)
        self.playbooks = Playbooks(self.clickhouse, lambda: self.today)
        self._order = random.Random(1)
        names = ["tenant", "cluster", "embedder", "embedding", "group_id", "version"]
        rows = [(self.tenant, g, "e", VECTOR.tolist(), g, 1) for g in GROUPS]
        self.clickhouse.insert("clusters", names, rows)

    def day(self) -> None:
        self.today += timedelta(days=1)
        rows = [self._attempt(self.today) for _ in range(A_DAY)]
        self.clickhouse.insert("memory", COLUMNS, rows)
        self.playbooks.note([self.tenant] * A_DAY)
        while self.playbooks.step():
            pass

    def _attempt(self, at: datetime) -> tuple[object, ...]:
        group, approach = self._order.randrange(3), self._order.randrange(3)
        right = self._order.random() < (0.7 if group == approach else 0.35)
        labelled = label(
            self.tenant,
            "w1",
            approach=APPROACHES[approach],
            p_success=float(right),
            started_at=at,
            ended_at=at,
        )
        return row(labelled, "e", VECTOR, GROUPS[group])

    def advised(self) -> dict[str, str]:
        """Return the best approach of each group in the playbook."""
        sql = """SELECT group_id, approach, p_success FROM playbook_current
            WHERE tenant = {tenant:String}"""
        entries: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for group, approach, p in self.clickhouse.query(sql, {"tenant": self.tenant}):
            entries[group].append((p, approach))
        return {group: max(pairs)[1] for group, pairs in entries.items()}

    def count(self, what: str, table: str) -> int:
        sql = f"SELECT {what} FROM {table} WHERE tenant = {{tenant:String}}"
        return int(self.clickhouse.query(sql, {"tenant": self.tenant})[0][0])


def test_a_month_of_attempts_stays_small_and_advises_no_worse(apart: Settings) -> None:
    month, truth = Month(apart), dict(zip(GROUPS, APPROACHES, strict=True))
    right = []
    for _ in range(DAYS):
        month.day()
        advised = month.advised()
        right.append(sum(advised.get(group) == best for group, best in truth.items()))
    assert month.count("count()", "playbook_current") == 9
    assert month.count("max(attempts)", "playbook_current") == ATTEMPTS
    assert month.count("uniq(version)", "playbook") <= DAYS
    assert right[-7:] == [3] * 7
    assert sum(right[-10:]) >= sum(right[:10])


def test_a_playbook_is_not_rewritten_for_few_new_attempts(apart: Settings) -> None:
    month = Month(apart)
    month.day()
    before = month.count("max(version)", "playbook")
    assert not month.playbooks.step()
    month.playbooks.note([month.tenant] * 3)  # of sixty
    assert not month.playbooks.step()
    month.playbooks.note([month.tenant])
    assert month.playbooks.step()
    assert month.count("max(version)", "playbook") >= before
