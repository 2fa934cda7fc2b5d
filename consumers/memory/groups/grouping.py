"""Groups of clusters: recomputed from time to time, with stable ids.

Average linkage joins clusters up to a mean cosine distance (Sokal and Michener, 1958), so
groups split and merge as clusters arrive. A new group inherits the id of an old one; the
assignment (Kuhn, 1955) lets as many attempts as possible keep their group's id.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment

from pilotfish.consumers.memory.groups.clusters import GROUPED, Cluster
from pilotfish.schemas.ids import new_id


class Grouping(NamedTuple):
    """`groups` is cluster -> group; `merged` is old id -> the group that took most of it."""

    groups: dict[str, str]
    merged: dict[str, str]


def grouped(clusters: Sequence[Cluster], attempts: Mapping[str, int]) -> Grouping:
    """Return the groups of all clusters of a tenant; `attempts` is a count by cluster."""
    # Sorted, so that clusters at equal distances are always joined in the same order.
    clusters = sorted(clusters, key=lambda cluster: cluster.name)
    parts = _linked(clusters)
    shared: dict[tuple[int, str], int] = Counter()
    for part, cluster in zip(parts, clusters, strict=True):
        shared[part, cluster.group] += 1 + attempts.get(cluster.name, 0)
    ids = _inherited(shared)
    group_of = [ids.setdefault(part, new_id()) for part in parts]
    return Grouping(
        {cluster.name: id_ for cluster, id_ in zip(clusters, group_of, strict=True)},
        _merged(shared, ids),
    )


def _merged(
    shared: Mapping[tuple[int, str], int], ids: Mapping[int, str]
) -> dict[str, str]:
    """Return each id that no group has any more -> the group that took most of it."""
    successor: dict[str, tuple[int, str]] = {}
    for (part, old), weight in shared.items():
        successor[old] = max(successor.get(old, (0, "")), (weight, ids[part]))
    current = {ids[part] for part, _ in shared}
    return {old: new for old, (_, new) in successor.items() if old not in current}


def _linked(clusters: Sequence[Cluster]) -> list[int]:
    """Return the number of each cluster's part."""
    if len(clusters) < 2:
        return [0] * len(clusters)
    matrix = np.stack([cluster.embedding for cluster in clusters]).astype(np.float64)
    tree = linkage(matrix, "average", metric="cosine")
    return [int(part) for part in fcluster(tree, GROUPED, "distance")]


def _inherited(shared: Mapping[tuple[int, str], int]) -> dict[int, str]:
    """Return part -> the old id that it keeps."""
    parts = sorted({part for part, _ in shared})
    old = sorted({group for _, group in shared})
    weights = np.zeros((len(parts), len(old)))
    for (part, group), weight in shared.items():
        weights[parts.index(part), old.index(group)] = weight
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return {
        parts[row]: old[column]
        for row, column in zip(rows, columns, strict=True)
        if weights[row, column]
    }
