"""p-values of gains, and the p-value required at the k-th look at one incumbent."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

ALPHA: Final = 0.1
"""Chance that an incumbent is ever replaced by a candidate that is no better."""

_SYMMETRIC: Final = 1 / (2 * math.erfc(1))
_CONSTANT: Final = 1e-9
"""Standard deviation below which gains are equal, apart from rounding."""


def allowed(look: int) -> float:
    """Return the largest p-value that is accepted at a look; the first look is 1.

    Alpha spending (Lan and DeMets, 1983): the shares of all looks sum to ALPHA, so by
    the union bound that is the chance of an error at any look, however they depend on
    one another and however many follow.
    """
    return ALPHA / (look * (look + 1))


def p_value(gains: NDArray[np.float64]) -> float:
    """Return how likely gains with this mean would be if there were nothing to gain.

    One-sided; the larger of two p-values. If candidate and incumbent are exchangeable,
    gains are symmetric about 0, and the bound of Bentkus and Dzindzalieta (2015) on
    their self-normalised sum holds for any number of gains and any tails; it is at
    least three times the p-value of a t-test. Where losses are rare and large,
    Student's t is too large: so t after Hall's transformation (1992), which removes
    skewness, is tested as well, by the normal approximation 26.7.8 of Abramowitz and
    Stegun.

    Args:
        gains: (problems,), at least 2, independent.
    """
    n, mean, sd = len(gains), float(gains.mean()), float(gains.std(ddof=1))
    if sd < _CONSTANT:
        return _symmetric(math.sqrt(n) * float(np.sign(mean)))
    skewness = float(((gains - mean) ** 3).mean()) / sd**3
    t = math.sqrt(n) * mean / sd
    unskewed = math.sqrt(n) * _unskewed(mean / sd, skewness, n)
    return max(
        _symmetric(t / math.sqrt(1 + (t * t - 1) / n)), _student(unskewed, n - 1)
    )


def _symmetric(normalised_sum: float) -> float:
    return min(1.0, _SYMMETRIC * _above(normalised_sum))


def _student(t: float, freedom: int) -> float:
    return _above(t * (1 - 1 / (4 * freedom)) / math.sqrt(1 + t * t / (2 * freedom)))


def _above(z: float) -> float:
    """Chance that a standard normal variable exceeds `z`, exact also in the tail."""
    return math.erfc(z / math.sqrt(2)) / 2


def _unskewed(ratio: float, skewness: float, n: int) -> float:
    """Hall's transformation of mean over deviation, which is increasing."""
    skewed = skewness * ratio
    cubic = ratio * (1 + skewed / 3 + skewed**2 / 27)
    return cubic + skewness / (6 * n)
