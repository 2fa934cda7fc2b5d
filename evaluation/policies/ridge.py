"""Ridge regression on words: the strong simple baseline for full information."""

from collections import defaultdict
from typing import Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from pilotfish.evaluation.policies.policy import Case, Decision, Outcome

_RIDGE: Final = 1.0
"""scikit-learn's default, as its users would leave it."""


class TfidfRidge:
    """One regression an approach from tf-idf of words to outcomes; takes the best.

    Fitted at the first choice after something was learned.
    """

    def __init__(self, _rng: np.random.Generator) -> None:
        self._texts: defaultdict[str, list[str]] = defaultdict(list)
        self._outcomes: defaultdict[str, list[float]] = defaultdict(list)
        self._words = TfidfVectorizer(sublinear_tf=True)
        self._models: dict[str, Ridge] = {}
        self._stale = False

    def choose(self, case: Case) -> Decision:
        """Take the approach of which most is expected."""
        if self._stale:
            self._fit()
        row = self._words.transform([case.problem]) if self._models else None
        p_success = tuple(
            float(np.clip(self._models[approach].predict(row)[0], 0.01, 0.99))
            if approach in self._models
            else 0.5
            for approach in case.approaches
        )
        return Decision(case.approaches[int(np.argmax(p_success))], p_success)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        """Keep the outcome for the next fit."""
        self._texts[approach].append(case.problem)
        self._outcomes[approach].append(outcome.reward)
        self._stale = True

    def _fit(self) -> None:
        everything = {text: None for texts in self._texts.values() for text in texts}
        self._words.fit(everything)
        for approach, texts in self._texts.items():
            rows = self._words.transform(texts)
            self._models[approach] = Ridge(alpha=_RIDGE).fit(
                rows, self._outcomes[approach]
            )
        self._stale = False
