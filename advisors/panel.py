"""Regressions of all approaches over the same features, with a common prior mean."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.regression import Matrix, Regression, Vector

NOISE: Final = 0.17
"""Variance of an outcome around its chance: p (1 - p) of a chance of 0.22."""
_POOL_NOISE: Final = 0.4
"""Outcomes of all approaches together vary more."""
_POOL_SCALE: Final = 0.2


class RegressionPanel:
    """One regression for each approach, and the pool: one over all attempts.

    The pool's mean is the prior mean of the others, so that an approach tried seldom
    is expected to do as approaches do on such problems. All numbers are relative to
    the middle between failure and success.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self.pool = Regression.prior(width, _POOL_SCALE)
        self.own: dict[str, Regression] = {}

    @property
    def evidence(self) -> float:
        """How well the features predicted the outcomes, in nats.

        The log of the marginal likelihood without what all panels have in common, with
        the noise unknown: inverse gamma around NOISE, worth two outcomes.
        """
        total = sum((own.record for own in self.own.values()), start=np.zeros(3))
        return -float(total[1] + (total[0] + 2.0) * np.log(total[2] + 2.0)) / 2

    def learn(self, features: Vector, approach: str, target: float) -> None:
        """Learn an outcome."""
        if approach not in self.own:
            self.own[approach] = Regression.prior(self._width, 1.0)
        self.own[approach].learn(features, target, 1 / NOISE)
        self.pool.learn(features, target, 1 / _POOL_NOISE)

    def revise(
        self, features: Vector, approach: str, change: tuple[float, float]
    ) -> None:
        """Let a learned outcome have been another; `change` is (old, new)."""
        self.own[approach].revise(features, *change, 1 / NOISE)
        self.pool.revise(features, *change, 1 / _POOL_NOISE)

    def doubt(self, approach: str) -> None:
        """Keep what is expected of an approach, but be as unsure of it as at first."""
        own = self.own[approach]
        expected = own.mean + own.spread(self.pool.mean) - self.pool.mean
        self.own[approach] = fresh = Regression.prior(self._width, 1.0)
        fresh.mean[:] = expected

    def predict(
        self, features: Vector, approaches: Sequence[str]
    ) -> tuple[Vector, Vector]:
        """Return expected outcomes and their variances, row i about approaches[i]."""
        means, variances = np.empty(len(approaches)), np.empty(len(approaches))
        for row, approach in enumerate(approaches):
            own = self.own.get(approach)
            spread = features if own is None else own.spread(features)
            # (I + data)^-1 (prior mean + data): the pool counts as far as the
            # approach's own attempts leave room for it.
            means[row] = float(spread @ self.pool.mean)
            means[row] += 0.0 if own is None else float(own.mean @ features)
            variances[row] = max(float(spread @ features), 0.0)
        return means, variances

    def tensors(self) -> dict[str, NDArray[np.float64]]:
        """Return the state: row 0 is the pool, row i + 1 the i-th approach."""
        rows = [self.pool, *self.own.values()]
        return {
            "mean": np.stack([row.mean for row in rows]),
            "covariance": np.stack([row.covariance for row in rows]),
            "record": np.stack([row.record for row in rows]),
        }

    def restore(
        self, names: Sequence[str], mean: Matrix, covariance: Matrix, record: Matrix
    ) -> None:
        """Take over the state that `tensors` gave.

        Raises:
            ValueError: the shapes do not fit the names and the width.
        """
        rows, width = len(names) + 1, self._width
        shapes = (mean.shape, covariance.shape, record.shape)
        if shapes != ((rows, width), (rows, width, width), (rows, 3)):
            raise ValueError(f"shapes {shapes} for {rows} rows of {width}")
        self.pool, *own = map(Regression, mean, covariance, record)
        self.own = dict(zip(names, own, strict=True))
