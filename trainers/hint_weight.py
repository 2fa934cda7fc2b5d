"""How much an attempt that followed a hint counts when learning from it."""

from typing import Final

MAX_WEIGHT: Final = 4.0
"""Bound of a hinted attempt's weight: a rare choice must not drown the others."""


def hint_weight(propensity: float | None, candidates: int) -> float:
    """Return the clipped inverse propensity of an attempt that followed a hint.

    Relative to a choice at random among the candidates, which has weight 1, as has
    an attempt without a hint or one that went its own way.
    """
    if propensity is None:
        return 1.0
    ratio = 1.0 / (candidates * max(propensity, 1e-6))
    return min(max(ratio, 1.0 / MAX_WEIGHT), MAX_WEIGHT)
