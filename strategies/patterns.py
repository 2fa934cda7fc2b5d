"""Patterns: how attempts began, and how alike two beginnings are.

A pattern is the first moves of an attempt, each once: later moves answer to what happened,
earlier ones are plans. A move counts together with the one before it, because order is a
decision, too.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pattern = tuple[str, ...]
Vectors = NDArray[np.float32]

LENGTH: Final = 6
"""Moves of a pattern."""
DIMENSIONS: Final = 256

PAIR: Final = 0.75
"""What a move counts for together with the one before it, compared with the move alone.

Chosen with the distance in `finding`, on made-up agents: benchmarks/strategies.md."""


def pattern_of(moves: Sequence[str]) -> Pattern:
    """Return the pattern of an attempt with these moves."""
    return tuple(moves[:LENGTH])


def vector(pattern: Pattern, pair: float = PAIR) -> Vectors:
    """Return the pattern as `DIMENSIONS` numbers, of length 1; equal in every process.

    Moves and pairs of moves are hashed, each to one number with a sign (Weinberger et al.,
    2009).
    """
    numbers = np.zeros(DIMENSIONS, np.float32)
    for feature, weight in _features(pattern, pair):
        place, sign = _hashed(feature)
        numbers[place] += sign * weight
    length = float(np.linalg.norm(numbers))
    return numbers / length if length else numbers


def _features(pattern: Pattern, pair: float) -> Iterator[tuple[str, float]]:
    for before, move in pairwise(("^", *pattern)):
        yield move, 1.0
        yield f"{before}\0{move}", pair


@lru_cache(maxsize=65_536)
def _hashed(feature: str) -> tuple[int, int]:
    digest = blake2b(feature.encode(), digest_size=3).digest()
    return int.from_bytes(digest[:2]) % DIMENSIONS, 1 if digest[2] & 1 else -1
