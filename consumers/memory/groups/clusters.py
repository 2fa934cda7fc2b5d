"""Clusters of near problems: what a problem belongs to from the moment it is seen.

Leader clustering (Hartigan, 1975) with leaders that do not move: a problem joins the
nearest leader if that is near enough, else it founds a cluster. So a cluster is written
once, reading again finds what was found before, and workers that found two clusters for
one kind of problem at the same moment do no harm: grouping puts them together. This is
the online half of stream clustering (CluStream: Aggarwal et al., 2003); `grouping` is
the other one.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotfish.schemas.ids import cluster_id

Vectors = NDArray[np.float32]

MOST: Final = 1000
"""Clusters of a tenant that new problems are compared with: those used last."""
NEAR: Final = 0.7
"""Cosine from which a problem joins a cluster: see "Groups" in docs/decisions.md."""
GROUPED: Final = 0.65
"""Mean cosine distance up to which clusters are one group."""


class Cluster(NamedTuple):
    """`embedding` has length 1; `group` is the id of the group it belongs to."""

    name: str
    embedding: Vectors
    group: str


class Clusters:
    """One tenant's clusters of vectors of one length, at most `MOST`."""

    def __init__(self, known: Sequence[Cluster] = ()) -> None:
        self._known = list(known)[-MOST:]
        self._matrix = np.array([one.embedding for one in self._known], np.float32)
        self._used = list(range(len(self._known)))
        self._uses = len(self._known)

    def join(self, attempt_id: str, embedding: Vectors) -> tuple[str, Cluster | None]:
        """Return the cluster of an attempt's problem, and the cluster if it is new.

        A new one belongs to the group of the nearest cluster, if that is near enough,
        else to a group of its own, until groups are made anew.
        """
        cosines = self._matrix @ embedding if self._known else np.full(1, -1.0)
        place = int(cosines.argmax())
        if cosines[place] >= NEAR:
            self._use(place)
            return self._known[place].name, None
        name = cluster_id(attempt_id)
        near = cosines[place] >= 1 - GROUPED
        made = Cluster(name, embedding, self._known[place].group if near else name)
        self._found(made)
        return name, made

    def _found(self, cluster: Cluster) -> None:
        """Take in a cluster, in the place of the one used longest ago if all are taken."""
        place = len(self._known)
        if place < MOST:
            self._known.append(cluster)
            self._used.append(0)
            row = cluster.embedding[None]
            self._matrix = np.vstack([self._matrix, row]) if place else row.copy()
        else:
            place = int(np.argmin(self._used))
            self._known[place] = cluster
            self._matrix[place] = cluster.embedding
        self._use(place)

    def _use(self, place: int) -> None:
        self._uses += 1
        self._used[place] = self._uses
