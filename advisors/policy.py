"""Which approach to advise: Thompson sampling with exact propensities, or abstaining.

Thompson sampling draws each approach as often as it is the best under the posterior
(Thompson, 1933). Here that probability is computed instead of sampled, so that what is
logged is exactly the distribution of the draw.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

FLOOR: Final = 0.005
"""Least propensity of a candidate: one that is never tried cannot be evaluated offline."""
MAX_FLOORS: Final = 0.1
"""Share of all draws that the floors together may take from better candidates."""
MIN_GAIN: Final = 0.02
"""Least gain in P(success) over the mean of the candidates: less is noise."""
MIN_CERTAINTY: Final = 0.56
"""Least P(the best is better than the mean of the candidates): less is a guess."""
TEMPER: Final = 0.3
"""Share of the posterior's deviation that is drawn with.

All of it would explore for longer than a log of a thousand attempts can pay back: the
deviation is that of one problem's chance, and each label serves similar problems too. Agrawal and Goyal (2013) call it v. Chosen, as the features' scale of a
type and MIN_CERTAINTY, on made-up outcomes over the texts of theoremqa and
reasoning_gym: about twenty settings, six to eight worlds, two to four seeds each."""

_LEAST_SD: Final = 1e-3
_CELLS: Final = 512
_REACH_SDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The place of the chosen candidate; None where none is clearly better than others.

    `propensities` are of all candidates and sum to 1; where nothing is chosen they say
    what the draw would have been.
    """

    chosen: int | None
    propensities: tuple[float, ...]


def choose(means: Sequence[float], sds: Sequence[float], seed: str) -> Choice:
    """Choose among candidates with these posterior means and deviations of P(success).

    Deterministic: the same posterior and seed (the request's id) give the same choice.
    """
    mean, sd = _posterior(means, sds)
    shares = propensities(mean, TEMPER * sd)
    logged = tuple(float(share) for share in shares)
    if unsure(mean, sd):
        return Choice(None, logged)
    drawn = np.searchsorted(np.cumsum(shares), fraction("choice", seed), side="right")
    return Choice(min(int(drawn), len(logged) - 1), logged)


def propensities(
    means: Sequence[float] | Vector, sds: Sequence[float] | Vector
) -> Vector:
    """Return P(candidate is the best) of independent normals, mixed with a floor.

    P(i is best) is the integral of i's density times the product of the others'
    distribution functions, on a grid of 512 cells over all that is likely.
    """
    mean, sd = _posterior(means, sds)
    count = len(mean)
    if count == 1:
        return np.ones(1)
    low = (mean - _REACH_SDS * sd).min()
    high = (mean + _REACH_SDS * sd).max()
    edges = np.linspace(low, high, _CELLS + 1)
    below = _normal_cdf((edges - mean[:, None]) / sd[:, None])
    inside = np.diff(below, axis=1)
    middle = np.log(np.maximum((below[:, 1:] + below[:, :-1]) / 2, 1e-300))
    best = (inside * np.exp(middle.sum(0) - middle)).sum(1)
    floor = min(FLOOR, MAX_FLOORS / count)
    mixed = floor + (1 - count * floor) * best / best.sum()
    return np.asarray(mixed / mixed.sum(), np.float64)


def unsure(means: Sequence[float] | Vector, sds: Sequence[float] | Vector) -> bool:
    """Return whether the best candidate's lead over the mean of all is small or a guess.

    One candidate alone has no lead: there is nothing to choose.
    """
    mean, sd = _posterior(means, sds)
    best = int(mean.argmax())
    gain = float(mean[best] - mean.mean())
    share = np.full(len(mean), -1 / len(mean))
    share[best] += 1
    deviation = float(np.sqrt((share**2 * sd**2).sum()))
    if gain < MIN_GAIN:
        return True
    return float(_normal_cdf(np.array(gain / deviation))) < MIN_CERTAINTY


def in_holdout(request_id: str, share: float) -> bool:
    """Return whether a request is left unhinted on purpose, by a hash of its id."""
    return fraction("holdout", request_id) < share


def fraction(purpose: str, seed: str) -> float:
    """Return a number in [0, 1) that looks random and is the same every time."""
    digest = hashlib.blake2b(f"{purpose}:{seed}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def _posterior(
    means: Sequence[float] | Vector, sds: Sequence[float] | Vector
) -> tuple[Vector, Vector]:
    mean = np.asarray(means, np.float64)
    return mean, np.maximum(np.asarray(sds, np.float64), _LEAST_SD)


def _normal_cdf(z: Vector) -> Vector:
    """Abramowitz and Stegun, 26.2.17: off by at most 7.5e-8, without SciPy."""
    t = 1 / (1 + 0.2316419 * np.abs(z))
    series = t * (
        0.319381530
        + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )
    tail = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * series
    return np.asarray(np.where(z >= 0, 1 - tail, tail), np.float64)
