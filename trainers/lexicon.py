"""Fits the advisor's lexicon: ridge regressions from letter sequences to outcomes."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge

from pilotfish.advisors.lexicon import BUCKETS, FOLDS, Lexicon, fold_of, sequences
from pilotfish.trainers.dataset import Attempt

_RIDGES: Final = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Candidates; the one that predicts best across folds is used."""

Vector = NDArray[np.float64]


def fit_lexicon(attempts: Sequence[Attempt]) -> Lexicon:
    """Return a lexicon fitted to the attempts' problems; approaches are sorted.

    Squared error on the folds left out chooses the penalty of the ridge.
    """
    approaches = sorted({each.approach for each in attempts})
    texts = list(dict.fromkeys(each.problem for each in attempts))
    rarity = _rarity(texts)
    rows = _matrix([each.problem for each in attempts], rarity)
    folds = np.array([fold_of(each.problem) for each in attempts])
    outcomes = np.array([each.p_success for each in attempts])
    tried = np.array([approaches.index(each.approach) for each in attempts])
    fits = [
        [
            _fits(rows[tried == n], folds[tried == n], outcomes[tried == n], ridge)
            for n in range(len(approaches))
        ]
        for ridge in _RIDGES
    ]
    errors = [sum(error for error, _ in by_approach) for by_approach in fits]
    best = fits[int(np.argmin(errors))]
    weights = np.stack([weights for _, weights in best], axis=2)
    return Lexicon(rarity, weights.astype(np.float16))


def _fits(
    rows: csr_matrix, folds: NDArray[np.int64], outcomes: Vector, ridge: float
) -> tuple[float, Vector]:
    """Return the squared error on folds left out, and (FOLDS, BUCKETS) weights."""
    weights, error = np.zeros((FOLDS, BUCKETS)), 0.0
    for fold in range(FOLDS):
        taught, left_out = folds != fold, folds == fold
        if not taught.any():
            continue
        mean = float(outcomes[taught].mean())
        model = Ridge(alpha=ridge, fit_intercept=False)
        model.fit(rows[taught], outcomes[taught] - mean)
        weights[fold] = model.coef_
        missed = outcomes[left_out] - mean - rows[left_out] @ model.coef_
        error += float((missed**2).sum())
    return error, weights


def _rarity(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return inverse document frequencies, smoothed as scikit-learn does."""
    documents = np.zeros(BUCKETS)
    for text in texts:
        buckets, _ = sequences(text, np.ones(BUCKETS, np.float32))
        documents[buckets] += 1
    return np.asarray(np.log((1 + len(texts)) / (1 + documents)) + 1, np.float32)


def _matrix(texts: Sequence[str], rarity: NDArray[np.float32]) -> csr_matrix:
    scored = {text: sequences(text, rarity) for text in dict.fromkeys(texts)}
    columns = [scored[text][0] for text in texts]
    values = [scored[text][1] for text in texts]
    ends = np.cumsum([0, *(len(indices) for indices in columns)])
    parts = (np.concatenate(values), np.concatenate(columns), ends)
    return csr_matrix(parts, shape=(len(texts), BUCKETS), dtype=np.float64)
