"""Policies that count: random, and Thompson sampling with Beta posteriors.

Thompson (1933): draw a success rate of each approach from its posterior, take the best.
"""

import numpy as np

from pilotfish.evaluation.policies.policy import Case, Decision, Outcome


class RandomChoice:
    """Every approach is as likely as any other: what the others must beat."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def choose(self, case: Case) -> Decision:
        """Choose evenly."""
        chosen = str(self._rng.choice(case.approaches))
        return Decision(chosen, propensity=1 / len(case.approaches))

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Learn nothing."""


class Thompson:
    """Counts successes of each approach, for each problem type apart with `by_type`.

    Args:
        rng: draws from the posteriors.
        by_type: whether problem types share nothing.
    """

    def __init__(self, rng: np.random.Generator, *, by_type: bool) -> None:
        self._rng = rng
        self._by_type = by_type
        self._counts: dict[tuple[str, str], list[float]] = {}

    def choose(self, case: Case) -> Decision:
        """Draw each approach's rate from Beta(1 + successes, 1 + failures)."""
        counts = [self._of(case, approach) for approach in case.approaches]
        drawn = [self._rng.beta(good, bad) for good, bad in counts]
        rates = tuple(good / (good + bad) for good, bad in counts)
        return Decision(case.approaches[int(np.argmax(drawn))], rates)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Count the outcome."""
        counts = self._of(case, approach)
        counts[0] += outcome.reward
        counts[1] += 1 - outcome.reward

    def _of(self, case: Case, approach: str) -> list[float]:
        kind = case.problem_type if self._by_type else ""
        return self._counts.setdefault((kind, approach), [1.0, 1.0])
