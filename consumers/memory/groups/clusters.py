"""Clusters of similar problems: each new problem joins one at once.

Leader clustering (Hartigan, 1975) with leaders that do not move: a problem joins the
nearest leader if that is near enough, else it founds a cluster. So a cluster is written
once, replays find the same clusters, and two workers that found a cluster each for the
same kind of problem do no harm: grouping merges them. This is the online half of stream
clustering (CluStream: Aggarwal et al., 2003); `strategies/linkage.py` is the offline half.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotfish.schemas.ids import cluster_id, new_id
from pilotfish.strategies.linkage import Item, Linked, linked

Vectors = NDArray[np.float32]

MOST: Final = 1000
"""Clusters of a tenant that new problems are compared with: the most recently used."""
NEAR: Final = 0.7
"""Cosine from which a problem joins a cluster: see "Groups" in docs/decisions.md."""
GROUPED: Final = 0.65
"""Mean cosine distance up to which clusters are one group."""


class Cluster(NamedTuple):
    """A cluster; `embedding` has length 1, `group` is the id of its group."""

    name: str
    embedding: Vectors
    group: str


class Clusters:
    """One tenant's clusters of vectors of one length, at most `MOST`."""

    def __init__(self, clusters: Sequence[Cluster] = ()) -> None:
        self._clusters = list(clusters)[-MOST:]
        embeddings = [cluster.embedding for cluster in self._clusters]
        self._matrix = np.array(embeddings, np.float32)
        self._used = list(range(len(self._clusters)))
        self._uses = len(self._clusters)

    def join(self, attempt_id: str, embedding: Vectors) -> tuple[str, Cluster | None]:
        """Return the name of the problem's cluster, and the cluster if it is new.

        Until the next grouping, a new cluster belongs to the group of the nearest
        cluster if that is near enough, else to a group of its own.
        """
        cosines = self._matrix @ embedding if self._clusters else np.full(1, -1.0)
        nearest = int(cosines.argmax())
        if cosines[nearest] >= NEAR:
            self._use(nearest)
            return self._clusters[nearest].name, None
        name = cluster_id(attempt_id)
        near = cosines[nearest] >= 1 - GROUPED
        group = self._clusters[nearest].group if near else name
        new = Cluster(name, embedding, group)
        self._add(new)
        return name, new

    def _add(self, cluster: Cluster) -> None:
        """Add a cluster; if there are `MOST`, replace the least recently used."""
        place = len(self._clusters)
        if place < MOST:
            self._clusters.append(cluster)
            self._used.append(0)
            row = cluster.embedding[None]
            self._matrix = np.vstack([self._matrix, row]) if place else row.copy()
        else:
            place = int(np.argmin(self._used))
            self._clusters[place] = cluster
            self._matrix[place] = cluster.embedding
        self._use(place)

    def _use(self, place: int) -> None:
        self._uses += 1
        self._used[place] = self._uses


def grouped(clusters: Sequence[Cluster], attempts: Mapping[str, int]) -> Linked:
    """Return the groups of all clusters of a tenant; `attempts` is a count by cluster."""
    items = [Item(*cluster) for cluster in clusters]
    return linked(items, attempts, GROUPED, lambda _members, _taken: new_id())
