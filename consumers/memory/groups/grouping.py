"""Groups of clusters: made anew now and then, with ids that stay.

Clusters are joined by average linkage up to a mean cosine distance (Sokal and Michener,
1958), so groups split and merge as clusters come. A new group takes over the id of the
old one with which it shares the most attempts, each id at most once, so that together
as many attempts as possible keep theirs (assignment: Kuhn, 1955).
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
    """`groups` is cluster -> group; `merged` is an id that ended -> where most went."""

    groups: dict[str, str]
    merged: dict[str, str]


def grouped(clusters: Sequence[Cluster], attempts: Mapping[str, int]) -> Grouping:
    """Return the groups of all clusters of a tenant; `attempts` are by cluster."""
    clusters = sorted(clusters, key=lambda one: one.name)  # equal distances, too
    parts = _linked(clusters)
    shared: dict[tuple[int, str], int] = Counter()
    for part, one in zip(parts, clusters, strict=True):
        shared[part, one.group] += 1 + attempts.get(one.name, 0)
    ids = _kept(shared)
    names = [ids.setdefault(part, new_id()) for part in parts]
    groups = {one.name: name for one, name in zip(clusters, names, strict=True)}
    most: dict[str, tuple[int, str]] = {}
    for (part, old), weight in shared.items():
        most[old] = max(most.get(old, (0, "")), (weight, ids[part]))
    kept = set(names)
    return Grouping(
        groups, {old: new for old, (_, new) in most.items() if old not in kept}
    )


def _linked(clusters: Sequence[Cluster]) -> list[int]:
    """Return the number of each cluster's part."""
    if len(clusters) < 2:
        return [0] * len(clusters)
    matrix = np.stack([one.embedding for one in clusters]).astype(np.float64)
    tree = linkage(matrix, "average", metric="cosine")
    return [int(part) for part in fcluster(tree, GROUPED, "distance")]


def _kept(shared: Mapping[tuple[int, str], int]) -> dict[int, str]:
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
