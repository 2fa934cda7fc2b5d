"""What the demo counts, and what it may conclude from the counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt of the demo's agent, as the agent itself saw it."""

    number: int
    family: str
    novel: bool
    approach: str
    advised: bool
    holdout: bool
    success: bool
    advice_ms: float


@dataclass(frozen=True, slots=True)
class Lift:
    """Advised against the simultaneous holdout; rates are None without attempts."""

    advised: float | None
    unadvised: float | None
    relative: float | None
    ci95: tuple[float, float] | None
    n_advised: int
    n_unadvised: int


@dataclass(slots=True)
class Tally:
    """Every attempt so far, in the order in which they ended."""

    planned: int
    attempts: list[Attempted] = field(default_factory=list)

    def rate(self, *, advised: bool, newest: int | None = None) -> float | None:
        """Return the success rate of the advised or of the holdout attempts."""
        of = self.attempts[-newest:] if newest else self.attempts
        return _mean([a.success for a in of if (a.advised if advised else a.holdout)])

    def last_third(self) -> list[Attempted]:
        """Return the attempts whose number lies in the last third of the plan."""
        return [a for a in self.attempts if a.number >= self.planned * 2 // 3]

    def curve(self, points: int = 30) -> list[tuple[int, float | None, float | None]]:
        """Return (attempt number, advised rate, holdout rate) of equal stretches."""
        ordered = sorted(self.attempts, key=lambda a: a.number)
        width = max(1, self.planned // points)
        stretches = [ordered[i : i + width] for i in range(0, len(ordered), width)]
        return [
            (
                stretch[-1].number + 1,
                _mean([a.success for a in stretch if a.advised]),
                _mean([a.success for a in stretch if a.holdout]),
            )
            for stretch in stretches
        ]


def lift(attempts: Sequence[Attempted], seed: int) -> Lift:
    """Compare advised with holdout attempts of the same stretch of time.

    The interval is the 95 % percentile bootstrap of the ratio of the two rates
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
    """
    advised = np.array([a.success for a in attempts if a.advised], dtype=float)
    holdout = np.array([a.success for a in attempts if a.holdout], dtype=float)
    p1, p0 = _mean(list(advised)), _mean(list(holdout))
    if p1 is None or not p0:
        return Lift(p1, p0, None, None, len(advised), len(holdout))
    rng = np.random.default_rng(seed)
    ratios = _resampled(advised, rng) / np.maximum(
        _resampled(holdout, rng), 0.5 / len(holdout)
    )
    low, high = np.percentile(ratios - 1, [2.5, 97.5])
    interval = (float(low), float(high))
    return Lift(p1, p0, p1 / p0 - 1, interval, len(advised), len(holdout))


def _resampled(
    successes: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the means of `_RESAMPLES` bootstrap samples: binomial, as these are bits."""
    n = len(successes)
    return rng.binomial(n, successes.mean(), size=_RESAMPLES) / n


def _mean(values: Sequence[float | bool]) -> float | None:
    return float(np.mean(values)) if values else None
