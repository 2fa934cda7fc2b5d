"""What the demo counts, and what it may conclude from the counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt of the demo's agent, as the agent itself saw it.

    Every attempt asks for advice. Those that are not in the holdout count as advised
    whether a hint came or not (`hinted`): an advisor that abstains on hard problems
    must not look better for it (intention to treat).
    """

    number: int
    family: str
    novel: bool
    approach: str
    hinted: bool
    holdout: bool
    success: bool
    advice_ms: float

    @property
    def advised(self) -> bool:
        """Whether it belongs to the advised arm."""
        return not self.holdout


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
    broken_off: int = 0
    """Attempts that infrastructure broke off: they say nothing and count nowhere."""

    @property
    def window(self) -> int:
        """A sixth of the plan: over less the small holdout's rate would be noise."""
        return max(1, self.planned // 6)

    def rate(self, *, advised: bool) -> float | None:
        """Return the success rate of one arm among the newest `window` attempts."""
        newest = self.attempts[-self.window :]
        return _mean([a.success for a in newest if a.advised == advised])

    def last_third(self) -> list[Attempted]:
        """Return the attempts whose number lies in the last third of the plan."""
        return [a for a in self.attempts if a.number >= self.planned * 2 // 3]

    def curve(self, points: int = 30) -> list[tuple[int, float | None, float | None]]:
        """Return (attempt number, advised rate, holdout rate) at equal distances.

        Each rate is that of the newest `window` attempts up to there.
        """
        ordered = sorted(self.attempts, key=lambda a: a.number)
        width = max(1, self.planned // points)
        ends = [*range(width, len(ordered), width), len(ordered)] if ordered else []
        return [_point(ordered[max(0, end - self.window) : end]) for end in ends]


def _point(stretch: Sequence[Attempted]) -> tuple[int, float | None, float | None]:
    return (
        stretch[-1].number + 1,
        _mean([a.success for a in stretch if a.advised]),
        _mean([a.success for a in stretch if a.holdout]),
    )


def hinted_share(attempts: Sequence[Attempted]) -> float | None:
    """Return how many of the advised attempts got a hint."""
    return _mean([a.hinted for a in attempts if a.advised])


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
