from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.schemas.strategies import DIM


class Drawn:
    """An encoder of this dimension; the same text has the same vector."""

    def __init__(self, dim: int) -> None:
        self._dim = dim

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = [
            np.random.default_rng(list(text.encode())).normal(size=self._dim)
            for text in texts
        ]
        return np.asarray(vectors, np.float32)


@pytest.mark.parametrize(("dim", "within"), [(32, 1e-6), (384, 1e-6), (960, 0.2)])
def test_vectors_of_any_encoder_fit_and_keep_their_cosines(
    dim: int, within: float
) -> None:
    texts = ["one", "two", "three", "one"]
    vectors = ProblemVectors(Drawn(dim), "drawn").embed(texts)
    assert vectors.shape == (4, DIM) and vectors.dtype == np.float32
    plain = Drawn(dim).embed(texts)
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    assert np.allclose(vectors @ vectors.T, plain @ plain.T, atol=within)
