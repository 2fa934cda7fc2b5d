"""Effects: what sets success apart among attempts at problems of one group.

Agents choose their moves by what the problem looks like: harder problems get more of them.
So attempts with and without a move are compared as if their problems foretold the same,
by augmented inverse propensity weighting (Robins, Rotnitzky and Zhao, 1994), cross-fitted
over problems (Chernozhukov et al., Double/debiased machine learning, 2018): a residual
error is the product of those of two models, of who has the move and of who succeeds. Both
are ridge regressions. Trouble that no text foretells stays in: only an early move, which
is decided before it, is compared fairly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOLDS: Final = 5
LEAST: Final = 20
"""Attempts with the move, attempts without it, and problems from which there is an effect."""
ERROR: Final = 0.01
"""Chance that any effect is called helpful where none is."""

COMPONENTS: Final = 32
"""Numbers of an embedding that attempts are compared by: attempts are few, and its 384 many."""

_PENALTIES: Final = np.array([0.1, 1.0, 10.0, 100.0, 1000.0])
_TINY: Final = 1e-12
_CLIPPED: Final = 0.05
"""Propensities are kept this far from 0 and 1: else single attempts would decide."""


class Effect(NamedTuple):
    """What a strategy or a move adds to P(success).

    `low` and `high` are the ends of the 95 % interval, `attempts` and `others` how many
    attempts were compared, `chance` that of such a gain, or a larger one, where there is
    none.
    """

    difference: float
    low: float
    high: float
    attempts: int
    others: int
    chance: float


@dataclass(frozen=True)
class Attempts:
    """Labelled attempts at problems of one group.

    Args:
        p_success: (n,).
        foretold: (n, d), what the text of each attempt's problem says beforehand: its
            embedding, or an estimate of its difficulty.
        problems: (n,), which problem each is about; attempts at one are not independent.
    """

    p_success: Floats
    foretold: Floats
    problems: NDArray[np.int64]


def foretelling(embeddings: Floats) -> Floats:
    """Return (n, at most 32) the first principal components of embeddings (n, d)."""
    centred = embeddings - embeddings.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ directions[:COMPONENTS].T, np.float64)


def effects(attempts: Attempts, present: Mapping[str, Flags]) -> dict[str, Effect]:
    """Return the effect of each strategy or move for which there are enough attempts.

    `present` (n,) says which attempts had it; they are compared with all others. Of too
    few different problems nothing is said.
    """
    if len(np.unique(attempts.problems)) < LEAST:
        return {}
    with_it = {name: int(flags.sum()) for name, flags in present.items()}
    count = len(attempts.p_success)
    enough = [name for name, n in with_it.items() if LEAST <= n <= count - LEAST]
    return {name: _effect(attempts, present[name]) for name in enough}


def helpful(found: Mapping[str, Effect]) -> set[str]:
    """Return what helps, whichever of many were compared (Holm, 1979)."""
    kept: set[str] = set()
    for name in sorted(found, key=lambda name: found[name].chance):
        if found[name].chance > ERROR / (len(found) - len(kept)):
            break
        kept.add(name)
    return kept


def _effect(attempts: Attempts, present: Flags) -> Effect:
    scores = _scores(attempts, present)
    difference = float(scores.mean())
    _, problem = np.unique(attempts.problems, return_inverse=True)
    sums = np.bincount(problem, scores - difference)
    free = len(sums) - 1
    error = float(np.sqrt((free + 1) / free * (sums**2).sum())) / len(scores)
    width = float(stdtrit(free, 0.975)) * error
    with_it = int(present.sum())
    return Effect(
        difference,
        difference - width,
        difference + width,
        with_it,
        len(present) - with_it,
        float(stdtr(free, -difference / max(error, _TINY))),
    )


def _scores(attempts: Attempts, present: Flags) -> Floats:
    """Return (n,) each attempt's share of the effect; their mean is the effect."""
    scores = np.empty(len(present))
    folds = _folds(attempts.problems)
    for fold in range(FOLDS):
        out = folds == fold
        if out.any():
            scores[out] = _scores_of_fold(attempts, present, out)
    return scores


def _scores_of_fold(attempts: Attempts, present: Flags, out: Flags) -> Floats:
    foretold, success = attempts.foretold, attempts.p_success
    arms = [~out & ~present, ~out & present]
    without, having = (_ridge(foretold[a], success[a], foretold[out]) for a in arms)
    chance = _ridge(foretold[~out], present[~out].astype(float), foretold[out])
    chance = np.clip(chance, _CLIPPED, 1 - _CLIPPED)
    left = success[out] - np.where(present[out], having, without)
    weight = np.where(present[out], 1 / chance, -1 / (1 - chance))
    return np.asarray(having - without + weight * left, np.float64)


def _folds(problems: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n,) the fold of each attempt; those at one problem are in one fold."""
    distinct, problem = np.unique(problems, return_inverse=True)
    dealt = np.random.default_rng(0).permutation(len(distinct)) % FOLDS
    return np.asarray(dealt[problem], np.int64)


def _ridge(x: Floats, y: Floats, at: Floats) -> Floats:
    """Return predictions of y from x at other places, an intercept apart.

    The penalty is that with the least error of generalised cross-validation (Golub, Heath
    and Wahba, 1979).
    """
    if not len(x):
        return np.full(len(at), 0.5)
    mean, level = x.mean(0), float(y.mean())
    u, s, v = np.linalg.svd(x - mean, full_matrices=False)
    uy = u.T @ (y - level)
    shrunk = s**2 / (s**2 + _PENALTIES[:, None])
    left = ((y - level) ** 2).sum() + ((shrunk**2 - 2 * shrunk) * uy**2).sum(1)
    free = np.maximum(len(y) - 1 - shrunk.sum(1), 1.0)
    best = int(np.argmin(left / free**2))
    weights = np.divide(shrunk[best] * uy, s, out=np.zeros_like(s), where=s > 1e-9)
    return np.asarray(level + (at - mean) @ (v.T @ weights), np.float64)
