"""Success with advice against the holdout: the question of the first page."""

from dataclasses import dataclass
from typing import Final, Literal, Self

from pilotfish.strategies.wilson import newcombe, wilson
from pilotfish.web.console.reading import Row

Verdict = Literal["helps", "hurts", "unsure", "unknown"]

_Z: Final = 1.959963984540054
"""Of an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many successes of so many attempts."""

    successes: int
    attempts: int

    @property
    def rate(self) -> float | None:
        """None where there are no attempts."""
        return self.successes / self.attempts if self.attempts else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of 95 % (Wilson); None where there are no attempts."""
        if not self.attempts:
            return None
        low, high = wilson(self.successes, self.attempts, _Z)
        return max(low, 0.0), min(high, 1.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Attempts that asked for advice: those that were to get it, and those held out.

    By intention to treat: an attempt counts as advised where the advisor abstained, too.
    """

    advised: Share
    holdout: Share

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return that of a row with the four counts."""
        return cls(
            Share(row["advised_won"], row["advised"]),
            Share(row["holdout_won"], row["holdout"]),
        )

    @property
    def lift(self) -> float | None:
        """What advice adds to the rate of success; None where a side is empty."""
        advised, holdout = self.advised.rate, self.holdout.rate
        return None if advised is None or holdout is None else advised - holdout

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of the lift, of 95 % (Newcombe); None where a side is empty."""
        advised, holdout = self.advised, self.holdout
        if not (advised.attempts and holdout.attempts):
            return None
        own = advised.successes, advised.attempts
        return newcombe(own, (holdout.successes, holdout.attempts), _Z)

    @property
    def verdict(self) -> Verdict:
        """What the interval says."""
        if self.interval is None:
            return "unknown"
        low, high = self.interval
        return "helps" if low > 0 else "hurts" if high < 0 else "unsure"
