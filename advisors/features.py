"""What the fast head sees of a problem: fixed functions of embedding and problem type.

Scales here and noises in `panel.py` come from about 60 settings in small sweeps, most
with one to three seeds, by log loss of predictions made before each label: on half of
intercode_sql by problem text, reasoning_gym families with a made-up table of solvers,
and the first 500 attempts of the demo's seed 23, all embedded by MiniLM. Differences of
0.02 are noise. Waves beat the bare embedding on the latter two; on intercode_sql they tied.
"""

import hashlib
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.regression import Vector

_CONSTANT: Final = 0.3
_TYPE: Final = 0.05
_WAVES: Final = 0.5
"""Prior standard deviations of what an approach, a type, and a text add to a chance."""
_LENGTH_SCALE: Final = 0.7
"""Distance of embeddings at which problems tell 0.6 of what equal ones would."""
_FREQUENCIES: Final = 192

PLAIN_WIDTH: Final = 1 + 64
WAVES_WIDTH: Final = 1 + 2 * _FREQUENCIES


def plain(problem_type: str) -> Vector:
    """Return (PLAIN_WIDTH) features that know the problem's type only."""
    features = np.zeros(PLAIN_WIDTH)
    features[0] = _CONSTANT
    _add_type(features, problem_type)
    return features


def waves(embedding: NDArray[np.float32], problem_type: str) -> Vector:
    """Return (WAVES_WIDTH) features of the text, whatever the embedding's length.

    Products of two problems' waves approximate a Gaussian kernel of their embeddings
    (Rahimi and Recht, 2007; with orthogonal frequencies, Yu et al., 2016).
    """
    phases = _frequencies(len(embedding)) @ embedding
    height = _WAVES / _FREQUENCIES**0.5
    features = np.empty(WAVES_WIDTH)
    features[0] = _CONSTANT
    features[1:] = height * np.concatenate([np.cos(phases), np.sin(phases)])
    _add_type(features, problem_type)
    return features


def _add_type(features: Vector, problem_type: str) -> None:
    if problem_type:
        features[1:] += _TYPE * _direction(problem_type, len(features) - 1)


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
