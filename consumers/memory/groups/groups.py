"""Groups of similar problems in ClickHouse: joined with each label, made anew each minute.

A label's problem joins a cluster before its row is written, so that an attempt's cluster
is there when the attempt is. Which clusters are one group is looked at again, for tenants
with new ones, by the worker that has the labels' first partition.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from pilotfish.consumers.memory.groups.clusters import MOST, Cluster, Clusters, Vectors
from pilotfish.consumers.memory.groups.grouping import Grouping, grouped
from pilotfish.consumers.memory.groups.names import Naming, by_terms, terms
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import micros, utc_now
from pilotfish.schemas.labels import AttemptLabelled

EVERY_S: Final = 60.0

_COLUMNS: Final = ("tenant", "cluster", "embedder", "embedding", "group_id", "version")
_GROUP_COLUMNS: Final = (
    *("tenant", "group_id", "name", "clusters", "attempts", "merged_into", "version"),
)
_CLUSTERS: Final = f"""
SELECT c.cluster, c.embedding, c.group_id, m.attempts
FROM (
    SELECT cluster, embedding, group_id FROM clusters FINAL
    WHERE tenant = %(tenant)s AND embedder = %(embedder)s
) AS c
LEFT JOIN (
    SELECT cluster, count() AS attempts, max(last_offset) AS used FROM memory
    WHERE tenant = %(tenant)s AND embedder = %(embedder)s GROUP BY cluster
) AS m ON m.cluster = c.cluster
ORDER BY m.used DESC LIMIT {MOST}
"""  # noqa: S608 - of our own numbers
_DUE: Final = """
SELECT DISTINCT tenant, toUnixTimestamp64Milli(now64(3)) FROM clusters
WHERE embedder = %(embedder)s AND inserted_at >= fromUnixTimestamp64Milli(%(since)s)
"""
_PROBLEMS: Final = """
SELECT cluster, groupArraySample(20, 1)(problem) FROM memory
WHERE tenant = %(tenant)s AND embedder = %(embedder)s GROUP BY cluster
"""


class Groups:
    """All tenants' groups, of vectors of one embedder.

    Raises:
        UnavailableError, StorageError: from all methods, as `ClickHouse.query`.
    """

    def __init__(
        self,
        clickhouse: ClickHouse,
        embedder: str,
        naming: Naming = by_terms,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clickhouse = clickhouse
        self._embedder = embedder
        self._naming = naming
        self._clock = clock
        self._next = clock() + EVERY_S
        self._since_ms = 0
        self._due: deque[str] = deque()
        self._tenants: dict[str, Clusters] = {}

    def join(self, labels: Sequence[AttemptLabelled], vectors: Vectors) -> list[str]:
        """Return the cluster of each label's problem; write those that are new.

        Row i of `vectors` is the problem of label i, of length 1.
        """
        joined, made = [], []
        for label, vector in zip(labels, vectors, strict=True):
            clusters = self._of(label.tenant)
            name, new = clusters.join(label.attempt_id, vector)
            joined.append(name)
            if new is not None:
                made.append((label.tenant, new))
        self._write_clusters(made)
        return joined

    def step(self, *, leads: bool) -> str | None:
        """Make one tenant's groups anew if that is due; return whose they are.

        `leads`: no other worker makes groups.
        """
        if self._clock() >= self._next:
            self._next = self._clock() + EVERY_S
            self._tenants.clear()  # others may have found clusters, or made groups
            if leads:
                self._look()
        if not (self._due and leads):
            return None
        tenant = self._due.popleft()
        self._regroup(tenant)
        return tenant

    def _regroup(self, tenant: str) -> None:
        """Make a tenant's groups anew, and name them."""
        rows = self._clickhouse.query(_CLUSTERS, self._asked(tenant))
        clusters = [_cluster(row) for row in rows]
        attempts = {str(row[0]): int(row[3]) for row in rows}
        grouping = grouped(clusters, attempts)
        moved = [
            (tenant, one._replace(group=grouping.groups[one.name]))
            for one in clusters
            if grouping.groups[one.name] != one.group
        ]
        # Groups first: clusters that moved are what says that it is done.
        self._write_groups(tenant, grouping, attempts)
        self._write_clusters(moved)
        self._tenants.pop(tenant, None)

    def _look(self) -> None:
        """Find the tenants that have new clusters."""
        asked = {"embedder": self._embedder, "since": self._since_ms}
        for tenant, now_ms in self._clickhouse.query(_DUE, asked):
            self._since_ms = int(now_ms)
            if tenant not in self._due:
                self._due.append(tenant)

    def _of(self, tenant: str) -> Clusters:
        if tenant not in self._tenants:
            rows = self._clickhouse.query(_CLUSTERS, self._asked(tenant))
            self._tenants[tenant] = Clusters([_cluster(row) for row in reversed(rows)])
        return self._tenants[tenant]

    def _write_clusters(self, clusters: Sequence[tuple[str, Cluster]]) -> None:
        rows = [
            (
                *(tenant, one.name, self._embedder, one.embedding.tolist()),
                *(one.group, micros(utc_now())),
            )
            for tenant, one in clusters
        ]
        self._clickhouse.insert("clusters", _COLUMNS, rows)

    def _write_groups(
        self, tenant: str, grouping: Grouping, attempts: Mapping[str, int]
    ) -> None:
        members: dict[str, list[str]] = defaultdict(list)
        for cluster, group in grouping.groups.items():
            members[group].append(cluster)
        named = self._naming(terms(self._problems(tenant, grouping)))
        rows = [
            (
                *(tenant, group, named.get(group, ""), len(of)),
                *(sum(attempts.get(one, 0) for one in of), "", micros(utc_now())),
            )
            for group, of in members.items()
        ]
        rows += [
            (tenant, old, "", 0, 0, new, micros(utc_now()))
            for old, new in grouping.merged.items()
        ]
        self._clickhouse.insert("groups", _GROUP_COLUMNS, rows)

    def _problems(self, tenant: str, grouping: Grouping) -> dict[str, list[str]]:
        """Return some problems of each group."""
        problems: dict[str, list[str]] = defaultdict(list)
        for cluster, texts in self._clickhouse.query(_PROBLEMS, self._asked(tenant)):
            if cluster in grouping.groups:
                problems[grouping.groups[cluster]].extend(texts)
        return problems

    def _asked(self, tenant: str) -> dict[str, Any]:
        return {"tenant": tenant, "embedder": self._embedder}


def _cluster(row: Sequence[Any]) -> Cluster:
    return Cluster(row[0], np.asarray(row[1], np.float32), row[2])
