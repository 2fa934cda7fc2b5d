"""How sure a share of successes is, and a difference of two."""

from math import sqrt

Counted = tuple[float, float]
"""Successes, and of how many: above 0, and maybe fractional."""


def wilson(successes: float, of: float, z: float) -> tuple[float, float]:
    """Return the interval of a share that is `z` standard errors wide on either side.

    Wilson's (1927). `of` is above 0 and may be fractional; the ends may leave 0 to 1 by a
    rounding.
    """
    share, z2 = successes / of, z * z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    spread = max(share * (1 - share), 0.0) / of + z2 / (4 * of * of)
    half = z * sqrt(spread) / (1 + z2 / of)
    return middle - half, middle + half


def newcombe(own: Counted, others: Counted, z: float) -> tuple[float, float]:
    """Return the interval of how much larger the share of `own` is than that of `others`.

    Newcombe's (1998, method 10), of Wilson's intervals.
    """
    (low, high), (other_low, other_high) = wilson(*own, z), wilson(*others, z)
    share, other = own[0] / own[1], others[0] / others[1]
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return share - other - below, share - other + above
