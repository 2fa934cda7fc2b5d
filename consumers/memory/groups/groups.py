"""Groups of similar problems in ClickHouse: updated by each label, recomputed each minute.

A label's problem joins a cluster before its row is written, so that the cluster exists
whenever the attempt does. The worker that has the labels' first partition recomputes the
groups of tenants with new clusters.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from pilotfish.consumers.memory.groups.clusters import (
    MOST,
    Cluster,
    Clusters,
    Vectors,
    grouped,
)
from pilotfish.consumers.memory.groups.names import Naming, by_terms, terms
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import micros, utc_now
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.strategies.linkage import Linked

EVERY_S: Final = 60.0

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


class _ClusterRow(NamedTuple):
    """The columns of `clusters`."""

    tenant: str
    cluster: str
    embedder: str
    embedding: list[float]
    group_id: str
    version: int


class _GroupRow(NamedTuple):
    """The columns of `groups`."""

    tenant: str
    group_id: str
    version: int
    name: str = ""
    clusters: int = 0
    attempts: int = 0
    merged_into: str = ""


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
        """Return the cluster of each label's problem; write new clusters.

        Row i of `vectors` is the problem of label i, of length 1.
        """
        joined, created = [], []
        for label, vector in zip(labels, vectors, strict=True):
            clusters = self._of(label.tenant)
            name, new = clusters.join(label.attempt_id, vector)
            joined.append(name)
            if new is not None:
                created.append((label.tenant, new))
        self._write_clusters(created)
        return joined

    def step(self, *, leads: bool) -> str | None:
        """Recompute one tenant's groups if that is due; return the tenant.

        `leads`: this is the only worker that recomputes groups.
        """
        if self._clock() >= self._next:
            self._next = self._clock() + EVERY_S
            self._tenants.clear()  # other workers may have written clusters or groups
            if leads:
                self._find_due()
        if not (self._due and leads):
            return None
        tenant = self._due.popleft()
        self._regroup(tenant)
        return tenant

    def _regroup(self, tenant: str) -> None:
        """Recompute a tenant's groups, and name them."""
        rows = self._clickhouse.query(_CLUSTERS, self._params(tenant))
        clusters = [_cluster(row) for row in rows]
        attempts = {str(row[0]): int(row[3]) for row in rows}
        grouping = grouped(clusters, attempts)
        moved = [
            (tenant, cluster._replace(group=grouping.clusters[cluster.name]))
            for cluster in clusters
            if grouping.clusters[cluster.name] != cluster.group
        ]
        # Groups first: the moved clusters mark the work as done.
        self._write_groups(tenant, grouping, attempts)
        self._write_clusters(moved)
        self._tenants.pop(tenant, None)

    def _find_due(self) -> None:
        """Queue the tenants that have new clusters."""
        params = {"embedder": self._embedder, "since": self._since_ms}
        for tenant, now_ms in self._clickhouse.query(_DUE, params):
            self._since_ms = int(now_ms)
            if tenant not in self._due:
                self._due.append(tenant)

    def _of(self, tenant: str) -> Clusters:
        if tenant not in self._tenants:
            rows = self._clickhouse.query(_CLUSTERS, self._params(tenant))
            self._tenants[tenant] = Clusters([_cluster(row) for row in reversed(rows)])
        return self._tenants[tenant]

    def _write_clusters(self, clusters: Sequence[tuple[str, Cluster]]) -> None:
        rows = [
            _ClusterRow(
                tenant=tenant,
                cluster=cluster.name,
                embedder=self._embedder,
                embedding=cluster.embedding.tolist(),
                group_id=cluster.group,
                version=micros(utc_now()),
            )
            for tenant, cluster in clusters
        ]
        self._clickhouse.insert("clusters", _ClusterRow._fields, rows)

    def _write_groups(
        self, tenant: str, grouping: Linked, attempts: Mapping[str, int]
    ) -> None:
        members: dict[str, list[str]] = defaultdict(list)
        for cluster, group in grouping.clusters.items():
            members[group].append(cluster)
        names = self._naming(terms(self._problems(tenant, grouping)))
        rows = [
            _GroupRow(
                tenant=tenant,
                group_id=group,
                version=micros(utc_now()),
                name=names.get(group, ""),
                clusters=len(clusters),
                attempts=sum(attempts.get(cluster, 0) for cluster in clusters),
            )
            for group, clusters in members.items()
        ]
        rows += [
            _GroupRow(tenant, old, micros(utc_now()), merged_into=new)
            for old, new in grouping.merged.items()
        ]
        self._clickhouse.insert("groups", _GroupRow._fields, rows)

    def _problems(self, tenant: str, grouping: Linked) -> dict[str, list[str]]:
        """Return some problems of each group."""
        problems: dict[str, list[str]] = defaultdict(list)
        for cluster, texts in self._clickhouse.query(_PROBLEMS, self._params(tenant)):
            if cluster in grouping.clusters:
                problems[grouping.clusters[cluster]].extend(texts)
        return problems

    def _params(self, tenant: str) -> dict[str, Any]:
        return {"tenant": tenant, "embedder": self._embedder}


def _cluster(row: Sequence[Any]) -> Cluster:
    return Cluster(row[0], np.asarray(row[1], np.float32), row[2])
