"""Vectors of problems as the memory has them: by the base encoder, in one dimension."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.embedding_cache import Embeddings
from pilotfish.schemas.strategies import DIM


def memory_vectors(embedded: Embeddings) -> Embeddings:
    """Return float32 (len(embedded), 384), rows of length 1.

    Shorter vectors are padded with zeros, which keeps every cosine; longer ones get a
    fixed random projection, which keeps cosines within about 0.05.
    """
    vectors = _resized(embedded)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _resized(vectors: Embeddings) -> Embeddings:
    dim = vectors.shape[1]
    if dim <= DIM:
        return np.pad(vectors, ((0, 0), (0, DIM - dim)))
    return np.asarray(vectors @ _projection(dim), np.float32)


@lru_cache(maxsize=4)
def _projection(dim: int) -> NDArray[np.float64]:
    """Return (dim, 384) random numbers: such a projection preserves angles.

    Johnson and Lindenstrauss (1984).
    """
    return np.random.default_rng(0).normal(size=(dim, DIM))
