"""Clusters of vectors, recomputed from time to time, whose names stay.

Average linkage joins vectors up to a mean cosine distance (Sokal and Michener, 1958), so
clusters split and merge as vectors come. A new cluster inherits the name of an old one; the
assignment (Kuhn, 1955) lets as much weight as possible keep its name.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment


class Item(NamedTuple):
    """A vector of length 1 by its name, and its cluster before; empty if it had none."""

    name: str
    vector: NDArray[np.float32]
    before: str


class Linked(NamedTuple):
    """`clusters` is item -> cluster; `merged` is old name -> the cluster with most of it."""

    clusters: dict[str, str]
    merged: dict[str, str]


Naming = Callable[[Sequence[str], Set[str]], str]
"""Returns a name for a new cluster of these items, the heaviest first, that is not taken."""


def linked(
    items: Sequence[Item], weights: Mapping[str, int], distance: float, naming: Naming
) -> Linked:
    """Return the clusters of all items; `weights` is a count by item."""
    # Sorted, so that items at equal distances are always joined in the same order.
    items = sorted(items, key=lambda item: item.name)
    parts = _parts(items, distance)
    shared: dict[tuple[int, str], int] = Counter()
    for part, item in zip(parts, items, strict=True):
        if item.before:
            shared[part, item.before] += 1 + weights.get(item.name, 0)
    names = _inherited(shared)
    _name_the_others(names, items, parts, weights, naming)
    clusters = {item.name: names[part] for item, part in zip(items, parts, strict=True)}
    return Linked(clusters, _merged(shared, names))


def _parts(items: Sequence[Item], distance: float) -> list[int]:
    """Return the number of each item's part."""
    if len(items) < 2:
        return [0] * len(items)
    matrix = np.stack([item.vector for item in items]).astype(np.float64)
    tree = linkage(matrix, "average", metric="cosine")
    return [int(part) for part in fcluster(tree, distance, "distance")]


def _inherited(shared: Mapping[tuple[int, str], int]) -> dict[int, str]:
    """Return part -> the old name that it keeps."""
    parts = sorted({part for part, _ in shared})
    old = sorted({name for _, name in shared})
    weights = np.zeros((len(parts), len(old)))
    for (part, name), weight in shared.items():
        weights[parts.index(part), old.index(name)] = weight
    rows, columns = linear_sum_assignment(weights, maximize=True)
    return {
        parts[row]: old[column]
        for row, column in zip(rows, columns, strict=True)
        if weights[row, column]
    }


def _name_the_others(
    names: dict[int, str],
    items: Sequence[Item],
    parts: Sequence[int],
    weights: Mapping[str, int],
    naming: Naming,
) -> None:
    """Name the parts that inherited no name."""
    members: dict[int, list[str]] = defaultdict(list)
    for part, item in zip(parts, items, strict=True):
        members[part].append(item.name)
    taken = set(names.values()) | {item.before for item in items}
    for part, own in members.items():
        if part not in names:
            own.sort(key=lambda name: (-weights.get(name, 0), name))
            names[part] = naming(own, taken)
            taken.add(names[part])


def _merged(
    shared: Mapping[tuple[int, str], int], names: Mapping[int, str]
) -> dict[str, str]:
    """Return each name that no cluster has any more -> the cluster with most of it."""
    successor: dict[str, tuple[int, str]] = {}
    for (part, old), weight in shared.items():
        successor[old] = max(successor.get(old, (0, "")), (weight, names[part]))
    current = {names[part] for part, _ in shared}
    return {old: new for old, (_, new) in successor.items() if old not in current}
