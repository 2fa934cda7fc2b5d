"""Kinds of problems where users name none: groups of similar embeddings.

Leader clustering (Hartigan, 1975): a problem joins the nearest group if that is near
enough, and starts a new one otherwise. Groups are learned from labels, which all advisors
of a platform read, and named after their first problem, so that a name never means two
things.
"""

import hashlib
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

MOST: Final = 200
"""Groups of a tenant; once there are so many, a problem joins the nearest."""
NEAR: Final = 0.6
"""Cosine from which problems are of one kind; MiniLM puts reworded ones above it."""


class Kinds:
    """At most 200 groups, each with the sum of its members' embeddings.

    Args:
        dim: length of an embedding.
    """

    def __init__(self, dim: int) -> None:
        self._sums: Matrix = np.zeros((0, dim), np.float32)
        self._names: list[str] = []

    @classmethod
    def restored(cls, names: list[str], sums: Matrix) -> Self:
        """Return the groups with these names; row i of `sums` belongs to name i."""
        kinds = cls(sums.shape[1])
        kinds._names, kinds._sums = list(names), np.array(sums, np.float32)
        return kinds

    @property
    def names(self) -> list[str]:
        """The groups' names, oldest first."""
        return list(self._names)

    @property
    def sums(self) -> Matrix:
        """Row i is the sum of the embeddings of group i."""
        return self._sums

    def learn(self, embedding: Matrix, problem: str) -> None:
        """Assign a problem, by its embedding of length 1, to a group."""
        nearest, cosine = self._nearest(embedding)
        if cosine < NEAR and len(self._names) < MOST:
            digest = hashlib.blake2b(problem.encode(), digest_size=3).hexdigest()
            self._names.append(f"kind-{digest}")
            self._sums = np.vstack([self._sums, embedding[None]])
        else:
            self._sums[nearest] += embedding

    def predict(self, embedding: Matrix) -> str:
        """Return the kind's name; empty where no group is near."""
        nearest, cosine = self._nearest(embedding)
        return self._names[nearest] if cosine >= NEAR else ""

    def _nearest(self, embedding: Matrix) -> tuple[int, float]:
        if not self._names:
            return 0, -1.0
        lengths = np.linalg.norm(self._sums, axis=1)
        cosines = self._sums @ embedding / np.maximum(lengths, 1e-9)
        nearest = int(cosines.argmax())
        return nearest, float(cosines[nearest])
