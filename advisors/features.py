"""What the fast head sees of a problem: fixed functions of embedding and problem type.

The last numbers of an embedding may be scores by words (`lexicon.py`). How the scales
here, the noises in `panel.py` and the heights in `head.py` were chosen is in
docs/decisions.md.
"""

import hashlib
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.regression import Vector

_CONSTANT: Final = 0.3
_TYPE: Final = 0.05
"""Prior standard deviations of what an approach and a type add to a chance."""
_LENGTH_SCALE: Final = 0.7
"""Distance of embeddings at which problems say 0.6 of what equal ones would."""
_FREQUENCIES: Final = 128

PLAIN_WIDTH: Final = 1 + 64
MEANING_WIDTH: Final = 1 + 2 * _FREQUENCIES


def plain(problem_type: str) -> Vector:
    """Return (PLAIN_WIDTH) features of the problem's type alone."""
    return _features(np.zeros(PLAIN_WIDTH - 1), problem_type)


def waves(meaning: NDArray[np.float32]) -> Vector:
    """Return (2 * frequencies) waves of length 1, whatever the length of the embedding.

    Products of two problems' waves approximate a Gaussian kernel of their embeddings
    (Rahimi and Recht, 2007; with orthogonal frequencies, Yu et al., 2016).
    """
    phases = _frequencies(len(meaning)) @ meaning
    both = np.concatenate([np.cos(phases), np.sin(phases)])
    return np.asarray(both / _FREQUENCIES**0.5, np.float64)


def by_meaning(waves: Vector, problem_type: str, height: float) -> Vector:
    """Return (MEANING_WIDTH) features of a text from its `waves`.

    `height` is the prior standard deviation of what the text adds to a chance.
    """
    return _features(height * waves, problem_type)


def _features(part: Vector, problem_type: str) -> Vector:
    if problem_type:
        part = part + _TYPE * _direction(problem_type, len(part))
    return np.concatenate([[_CONSTANT], part])


@lru_cache(maxsize=4096)
def _direction(problem_type: str, width: int) -> Vector:
    """Return a type's own vector of length 1; two types' are nearly orthogonal."""
    digest = hashlib.blake2b(problem_type.encode(), digest_size=8).digest()
    drawn = np.random.default_rng(int.from_bytes(digest, "big")).normal(size=width)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float64)


@lru_cache(maxsize=8)
def _frequencies(dim: int) -> NDArray[np.float32]:
    """Return (_FREQUENCIES, dim) directions, orthogonal in blocks of dim."""
    rng, blocks = np.random.default_rng(0), []
    for _ in range(-(-_FREQUENCIES // dim)):
        block, _ = np.linalg.qr(rng.normal(size=(dim, dim)))
        lengths = np.linalg.norm(rng.normal(size=(dim, dim)), axis=1)
        blocks.append(block * lengths[:, None])
    chosen = np.concatenate(blocks)[:_FREQUENCIES]
    return np.asarray(chosen / _LENGTH_SCALE, np.float32)
