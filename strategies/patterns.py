"""Patterns: how attempts began, and how alike two beginnings are.

A pattern is the first moves of an attempt, each once. Later moves answer to what happened,
earlier ones are plans: so a move counts less the later it first occurs, and a move counts
together with the one before it, because order is a decision too.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pattern = tuple[str, ...]
Vectors = NDArray[np.float32]

LENGTH: Final = 6
"""Moves of a pattern."""
DIMENSIONS: Final = 256

_DECAY: Final = 0.7
"""What a move counts for, compared with the one before it."""
_PAIR: Final = 0.5
"""What a move counts for together with the one before it, compared with the move alone.

This and the decay are from the middle of a wide range in which intercode_sql's behaviours
are found equally well: decay 0.5 to 0.8, pairs 0 to 1, distances 0.4 to 0.6."""


def pattern_of(moves: Sequence[str]) -> Pattern:
    """Return the pattern of an attempt with these moves."""
    return tuple(moves[:LENGTH])


def vector(pattern: Pattern) -> Vectors:
    """Return the pattern as `DIMENSIONS` numbers, of length 1; equal in every process.

    Moves and pairs of moves are hashed, each to one number with a sign (Weinberger et al.,
    2009).
    """
    numbers = np.zeros(DIMENSIONS, np.float32)
    for feature, weight in _features(pattern):
        place, sign = _hashed(feature)
        numbers[place] += sign * weight
    length = float(np.linalg.norm(numbers))
    return numbers / length if length else numbers


def _features(pattern: Pattern) -> Iterator[tuple[str, float]]:
    before = "^"
    for number, move in enumerate(pattern):
        weight = _DECAY**number
        yield move, weight
        yield f"{before}\0{move}", _PAIR * weight
        before = move


@lru_cache(maxsize=65_536)
def _hashed(feature: str) -> tuple[int, int]:
    digest = blake2b(feature.encode(), digest_size=3).digest()
    return int.from_bytes(digest[:2]) % DIMENSIONS, 1 if digest[2] & 1 else -1
