"""Policies on the embedding: nearest neighbours, and linear Thompson sampling."""

from collections import defaultdict
from typing import Final

import numpy as np

from pilotfish.advisors.regression import Regression, Vector
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome

_NEIGHBOURS: Final = 20
_SPREAD: Final = 0.25**2
"""Variance of the weights and of the noise: ridge of 1, drawn with v = 0.25."""


class Neighbours:
    """Thompson sampling on the outcomes of the 20 nearest problems of each approach."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._rows: defaultdict[str, list[Vector]] = defaultdict(list)
        self._outcomes: defaultdict[str, list[float]] = defaultdict(list)

    def choose(self, case: Case) -> Decision:
        """Draw each approach's rate from the Beta posterior of its neighbours."""
        counts = [self._near(case, approach) for approach in case.approaches]
        drawn = [self._rng.beta(1 + good, 1 + bad) for good, bad in counts]
        rates = tuple((1 + good) / (2 + good + bad) for good, bad in counts)
        return Decision(case.approaches[int(np.argmax(drawn))], rates)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Remember the problem with its outcome."""
        self._rows[approach].append(case.embedding.astype(np.float64))
        self._outcomes[approach].append(outcome.reward)

    def _near(self, case: Case, approach: str) -> tuple[float, float]:
        if not self._rows[approach]:
            return 0.0, 0.0
        closeness = np.stack(self._rows[approach]) @ case.embedding
        nearest = np.argsort(-closeness)[:_NEIGHBOURS]
        good = float(np.asarray(self._outcomes[approach])[nearest].sum())
        return good, len(nearest) - good


class LinearThompson:
    """Bayesian linear regression on constant and embedding, an approach apart.

    Agrawal and Goyal (2013): draw the weights, take the best. Equivalent here: draw
    each approach's expected outcome, which depends on its own weights only.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._models: dict[str, Regression] = {}

    def choose(self, case: Case) -> Decision:
        """Draw each approach's expected outcome."""
        row = _features(case)
        models = [self._of(approach, len(row)) for approach in case.approaches]
        means = np.array([0.5 + float(model.mean @ row) for model in models])
        deviations = np.sqrt([float(row @ model.spread(row)) for model in models])
        drawn = self._rng.normal(means, deviations)
        p_success = tuple(float(mean) for mean in np.clip(means, 0.01, 0.99))
        return Decision(case.approaches[int(drawn.argmax())], p_success)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Learn the outcome as a row of the approach's regression."""
        row = _features(case)
        self._of(approach, len(row)).learn(row, outcome.reward - 0.5, 1 / _SPREAD)

    def _of(self, approach: str, width: int) -> Regression:
        if approach not in self._models:
            self._models[approach] = Regression.prior(width, _SPREAD)
        return self._models[approach]


def _features(case: Case) -> Vector:
    return np.concatenate([[1.0], case.embedding.astype(np.float64)])
