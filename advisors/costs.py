"""What an attempt costs, by approach and problem type."""

from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np

from pilotfish.advisors.regression import Vector

MOST: Final = 10_000
"""Pairs of approach and type that are counted; later pairs count without their type."""
_ANY: Final = ""
_PRIOR: Final = 5.0
"""Attempts that the approach's mean over all types is worth beside those of a type."""

Entry = tuple[str, str, float, float]


class Costs:
    """Mean costs, in the unit of the events; that of a type is drawn to that of the approach."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], tuple[float, float]] = {}

    @classmethod
    def restored(cls, entries: Iterable[Entry]) -> Self:
        """Return the costs that `entries` came from."""
        costs = cls()
        costs._sums = {(name, kind): (n, total) for name, kind, n, total in entries}
        return costs

    @property
    def entries(self) -> list[Entry]:
        """Approach, problem type, attempts and their cost; empty type: of all types."""
        return [(*pair, *sums) for pair, sums in self._sums.items()]

    def learn(self, problem_type: str, approach: str, cost: float) -> None:
        """Count one attempt."""
        for kind in {_ANY, problem_type}:
            pair = approach, kind
            if pair in self._sums or kind == _ANY or len(self._sums) < MOST:
                count, total = self._sums.get(pair, (0.0, 0.0))
                self._sums[pair] = count + 1, total + cost

    def expected(self, problem_type: str, approaches: Sequence[str]) -> Vector:
        """Return mean costs; of an approach never tried, the mean of the tried ones."""
        means = [self._mean(name, problem_type) for name in approaches]
        tried = [mean for mean in means if mean is not None]
        untried = float(np.mean(tried)) if tried else 0.0
        return np.array([untried if mean is None else mean for mean in means])

    def _mean(self, approach: str, problem_type: str) -> float | None:
        everywhere = self._sums.get((approach, _ANY))
        if everywhere is None:
            return None
        mean = everywhere[1] / everywhere[0]
        if problem_type == _ANY:
            return mean
        count, total = self._sums.get((approach, problem_type), (0.0, 0.0))
        return (total + _PRIOR * mean) / (count + _PRIOR)
