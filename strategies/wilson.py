"""How sure a share of successes is."""

from math import sqrt


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
