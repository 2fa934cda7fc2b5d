"""A sequential test whether hinted attempts succeed less often than unhinted ones."""

import math
from dataclasses import dataclass
from typing import Final

ALPHA: Final = 0.05
"""Chance that harmless advice is ever withdrawn, however often the test is repeated."""
LEAST: Final = 30
"""Attempts needed in each arm: the test's approximation is for large samples."""

_EXPECTED: Final = 0.15
"""Difference of success rates that the test detects best."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Labelled attempts with one advisor, and how many of them succeeded.

    Hinted are all attempts that requested advice outside the holdout: intention to treat.
    """

    hinted: int
    hinted_successes: int
    unhinted: int
    unhinted_successes: int


def harm_test(counts: Counts) -> str:
    """Return the evidence that hints do harm, in words; empty while it is not enough.

    The mixture sequential probability ratio test (Robbins, 1970; Johari and others,
    2015): the likelihood ratio of the difference of two rates, the lower half of a
    normal prior against no difference. Without harm its mean is 1, so the chance that
    it ever reaches 1 / ALPHA is at most ALPHA, as far as rates are normal; that holds
    for all tests together.
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
    # One extra success and failure, so that the variance is never 0.
    rate = (counts.hinted_successes + counts.unhinted_successes + 1) / (n1 + n0 + 2)
    information = 1 / (rate * (1 - rate) * (1 / n1 + 1 / n0))
    prior = 1 / _EXPECTED**2
    z = lost * information / math.sqrt(information + prior)
    if z <= 0:
        return -math.inf  # below 1 for sure, and the sum of logarithms overflows
    half = math.log(math.erfc(-z / math.sqrt(2)))
    return half + math.log(prior / (information + prior)) / 2 + z * z / 2
