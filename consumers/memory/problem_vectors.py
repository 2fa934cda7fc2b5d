"""Problems as vectors of the length that the table `memory` has, by the base encoder."""

from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.embedding_cache import Embedder, EmbeddingCache
from pilotfish.advisors.encoder import Encoder
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import BundleError, UnavailableError

DIM: Final = 384
"""Numbers of a vector: what the base model that is shipped makes."""

Vectors = NDArray[np.float32]


class ProblemVectors:
    """Embeds problems with the pretrained encoder, which no training moves.

    An encoder of fewer numbers is filled up with zeros, which keeps every cosine; one of
    more is projected at random, always the same way, which keeps them within about 0.05.

    Args:
        encoder: texts to vectors.
        name: what made the vectors; those of two names are not comparable.
    """

    def __init__(self, encoder: Embedder, name: str) -> None:
        self._encoder = EmbeddingCache(encoder)
        self.name = name

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the vectors of the base bundle in the model store.

        Raises:
            UnavailableError: there is none yet, or it cannot be read.
        """
        try:
            base = ModelStore(settings.models).base()
            return cls(Encoder(base), base.card.version)
        except BundleError as error:
            raise UnavailableError(f"the memory has no encoder: {error}") from error

    def embed(self, problems: Sequence[str]) -> Vectors:
        """Return float32 (len(problems), 384), rows of length 1; at least one problem."""
        fitted = _fitted(self._encoder.embed(problems))
        lengths = np.linalg.norm(fitted, axis=1, keepdims=True)
        return np.asarray(fitted / np.maximum(lengths, 1e-12), np.float32)


def _fitted(vectors: Vectors) -> Vectors:
    dim = vectors.shape[1]
    if dim <= DIM:
        return np.pad(vectors, ((0, 0), (0, DIM - dim)))
    # Johnson and Lindenstrauss: a Gaussian projection keeps angles.
    projection = np.random.default_rng(0).normal(size=(dim, DIM))
    return np.asarray(vectors @ projection, np.float32)
