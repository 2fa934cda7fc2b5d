"""Lets the small model judge which labels to believe: confident learning.

Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels
(2021). A head that was not taught an attempt foretells it; where it is as sure of the
other outcome as it is of attempts that have this outcome for a label, the label is
taken for wrong. That is the confident joint's part off the diagonal, the paper's first
method of pruning. cleanlab has it, too, but it is these lines.

Beside the problem the judge sees how the attempt went (`streams/attempts/quality.py`), and finds
out by itself what that tells of each approach's outcomes. The advisor cannot see that
before an attempt; here it is over.
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
"""Prior standard deviation of what conduct, from worst to best, adds to a chance."""


def judged(attempts: Sequence[Attempt], rows: Embeddings) -> NDArray[np.bool_]:
    """Return which attempts have a label that the judge does not take for wrong."""
    success = np.array([one.p_success >= 0.5 for one in attempts], np.bool_)
    return ~suspect(foretold(attempts, rows), success)


def foretold(attempts: Sequence[Attempt], rows: Embeddings) -> Vector:
    """Return (attempts) P(success), each from a head taught the problems of other folds."""
    how = np.array([[_CONDUCT * one.conduct] for one in attempts], np.float32)
    seen = np.hstack([rows, how.reshape(-1, 1)])
    fold = folds(attempts)
    predicted = np.empty(len(attempts))
    for number in range(FOLDS):
        taught = np.flatnonzero(fold != number).tolist()
        head = FastHead(seen.shape[1], words=1)
        teach(seen[taught], [attempts[at] for at in taught], head)
        for at in np.flatnonzero(fold == number).tolist():
            one = attempts[at]
            means, _ = head.predict(seen[at], one.problem_type, [one.approach])
            predicted[at] = means[0]
    return predicted


def suspect(predicted: Vector, success: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which labels contradict what was foretold with confidence.

    Confidence in an outcome is at least the mean of what was foretold for it where it
    is the label; if both are confident, the one further above its mean counts. Nothing
    is suspect where only one outcome would be left.
    """
    if success.all() or not success.any():
        return np.zeros(len(success), np.bool_)
    good = predicted / predicted[success].mean()
    bad = (1 - predicted) / (1 - predicted)[~success].mean()
    other, own = np.where(success, bad, good), np.where(success, good, bad)
    found = np.asarray((other >= 1) & (other > own), np.bool_)
    left = success[~found]
    return found if left.any() and not left.all() else np.zeros(len(success), np.bool_)
