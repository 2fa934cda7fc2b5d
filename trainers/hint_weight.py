"""The weight of an attempt that followed a hint, when learning from it."""

from typing import Final

MAX_WEIGHT: Final = 4.0
"""Bound of a hinted attempt's weight: a rare choice must not outweigh all others."""


def hint_weight(propensity: float | None, candidates: int) -> float:
    """Return the clipped inverse propensity of an attempt that followed a hint.

    Relative to a random choice among the candidates. An attempt without a hint, or that
    did not follow it, has weight 1.
    """
    if propensity is None:
        return 1.0
    ratio = 1.0 / (candidates * max(propensity, 1e-6))
    return min(max(ratio, 1.0 / MAX_WEIGHT), MAX_WEIGHT)
