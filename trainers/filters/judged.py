"""Lets the fast head judge which labels to believe: confident learning.

Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels
(2021). A head that did not learn an attempt predicts it; where it predicts the other
outcome as confidently as for attempts labelled with that outcome, the label is considered
wrong. That is the off-diagonal part of the confident joint, the paper's first method of
pruning; short enough not to need cleanlab.

Besides the problem, the judge sees the attempt's conduct (`streams/attempts/quality.py`),
and learns its effect on each approach's outcomes. The advisor cannot see that before an
attempt; here the attempt is over.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.evaluate import teach
from pilotfish.trainers.filters.folds import FOLDS, folds

Vector = NDArray[np.float64]

_CONDUCT: Final = 0.5
"""Prior standard deviation of the effect of conduct, from worst to best, on P(success)."""


def judged(attempts: Sequence[Attempt], rows: Embeddings) -> NDArray[np.bool_]:
    """Return which attempts have a label that the judge believes."""
    success = np.array([attempt.p_success >= 0.5 for attempt in attempts], np.bool_)
    return ~suspect(predicted_by_others(attempts, rows), success)


def predicted_by_others(attempts: Sequence[Attempt], rows: Embeddings) -> Vector:
    """Return each attempt's P(success), from a head that learned the other folds."""
    conduct = np.array([_CONDUCT * attempt.conduct for attempt in attempts], np.float32)
    seen = np.hstack([rows, conduct.reshape(-1, 1)])
    fold = folds(attempts)
    predicted = np.empty(len(attempts))
    for number in range(FOLDS):
        others = np.flatnonzero(fold != number).tolist()
        head = FastHead(seen.shape[1], words=1)
        teach(seen[others], [attempts[index] for index in others], head)
        for index in np.flatnonzero(fold == number).tolist():
            attempt = attempts[index]
            kind, approach = attempt.problem_type, attempt.approach
            means, _ = head.predict(seen[index], kind, [approach])
            predicted[index] = means[0]
    return predicted


def suspect(predicted: Vector, success: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which labels contradict a confident prediction.

    A prediction of an outcome is confident if it is at least the mean prediction of that
    outcome where it is the label; if both are confident, the one further above its mean
    counts. Nothing is suspect if only one outcome would be left.
    """
    if success.all() or not success.any():
        return np.zeros(len(success), np.bool_)
    good = predicted / predicted[success].mean()
    bad = (1 - predicted) / (1 - predicted)[~success].mean()
    other, own = np.where(success, bad, good), np.where(success, good, bad)
    wrong = np.asarray((other >= 1) & (other > own), np.bool_)
    left = success[~wrong]
    return wrong if left.any() and not left.all() else np.zeros(len(success), np.bool_)
