"""The demo's counts, and the statistics computed from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt of the demo's agent, as recorded by the agent.

    Every attempt requests advice. Attempts outside the holdout count as advised with or
    without a hint (`hinted`): an advisor must not look better by abstaining on hard
    problems (intention to treat).
    """

    number: int
    family: str
    novel: bool
    approach: str
    hinted: bool
    holdout: bool
    success: bool
    advice_ms: float
    attempt_id: str = ""

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
    """Attempts that infrastructure broke off; not counted anywhere else."""

    @property
    def window(self) -> int:
        """A sixth of the plan: with less, the small holdout's rate would be noise."""
        return max(1, self.planned // 6)

    def rate(self, *, advised: bool) -> float | None:
        """Return the success rate of one arm among the newest `window` attempts."""
        newest = self.attempts[-self.window :]
        return _mean([a.success for a in newest if a.advised == advised])

    def last_third(self) -> list[Attempted]:
        """Return the attempts whose number lies in the last third of the plan."""
        return [a for a in self.attempts if a.number >= self.planned * 2 // 3]

    def curve(self, points: int = 30) -> list[tuple[int, float | None, float | None]]:
        """Return (attempt number, advised rate, holdout rate) at equal intervals.

        Each rate is over the `window` attempts up to that point.
        """
        ordered = sorted(self.attempts, key=lambda a: a.number)
        width = max(1, self.planned // points)
        ends = [*range(width, len(ordered), width), len(ordered)] if ordered else []
        return [_point(ordered[max(0, end - self.window) : end]) for end in ends]


def _point(window: Sequence[Attempted]) -> tuple[int, float | None, float | None]:
    return (
        window[-1].number + 1,
        _mean([a.success for a in window if a.advised]),
        _mean([a.success for a in window if a.holdout]),
    )


def hinted_share(attempts: Sequence[Attempted]) -> float | None:
    """Return the share of the advised attempts that got a hint."""
    return _mean([a.hinted for a in attempts if a.advised])


def lift(attempts: Sequence[Attempted], seed: int) -> Lift:
    """Compare advised with holdout attempts of the same period.

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
    """Return the means of `_RESAMPLES` bootstrap samples, which are binomial for bits."""
    n = len(successes)
    return rng.binomial(n, successes.mean(), size=_RESAMPLES) / n


def _mean(values: Sequence[float | bool]) -> float | None:
    return float(np.mean(values)) if values else None
