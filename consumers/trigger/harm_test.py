"""Whether hinted attempts succeed less often than unhinted ones: pure, from counts."""

import math
from dataclasses import dataclass
from typing import Final

ALPHA: Final = 0.05
"""Chance that advice which does no harm is ever withdrawn, however often it is asked."""
LEAST: Final = 30
"""Attempts on either side below which nothing is said: the test is of large samples."""

_EXPECTED: Final = 0.15
"""Difference of success rates that the test is best at telling."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Labelled attempts with one advisor, and how many of them succeeded.

    Hinted is everybody who asked and was not in the holdout: intention to treat.
    """

    hinted: int
    hinted_successes: int
    unhinted: int
    unhinted_successes: int


def harm(counts: Counts) -> str:
    """Return in words that hints do harm; empty while that is not certain.

    The mixture sequential probability ratio test (Robbins, 1970; Johari and others,
    2015): the ratio of likelihoods of the difference of two rates, a normal prior's
    lower half against none. It is 1 on average where hints do no harm, so it ever
    reaches 1 / ALPHA with a chance of ALPHA at most, as far as rates are normal; that
    holds for all looks together.
    """
    if min(counts.hinted, counts.unhinted) < LEAST:
        return ""
    if _log_ratio(counts) < math.log(1 / ALPHA):
        return ""
    hinted = counts.hinted_successes / counts.hinted
    unhinted = counts.unhinted_successes / counts.unhinted
    return (
        f"hinted {100 * hinted:.1f} % of {counts.hinted}, "
        f"unhinted {100 * unhinted:.1f} % of {counts.unhinted}: worse with confidence"
    )


def _log_ratio(counts: Counts) -> float:
    n1, n0 = counts.hinted, counts.unhinted
    lost = counts.unhinted_successes / n0 - counts.hinted_successes / n1
    # One success and one failure more, so that no variance is 0.
    rate = (counts.hinted_successes + counts.unhinted_successes + 1) / (n1 + n0 + 2)
    information = 1 / (rate * (1 - rate) * (1 / n1 + 1 / n0))
    prior = 1 / _EXPECTED**2
    z = lost * information / math.sqrt(information + prior)
    if z <= 0:
        return -math.inf  # below 1 for sure, and the sum of logarithms overflows
    half = math.log(math.erfc(-z / math.sqrt(2)))
    return half + math.log(prior / (information + prior)) / 2 + z * z / 2
