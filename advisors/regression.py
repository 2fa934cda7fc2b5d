"""Bayesian linear regression that learns one row at a time and can revise a row.

Weights have the prior N(0, scale I); a row says target = weights . features + noise.
Kept are mean and covariance of the weights: learning is a rank-1 update of both
(Bishop, Pattern Recognition and Machine Learning, 3.3; Sherman and Morrison, 1950),
exact, and up to rounding the same in any order.
"""

from math import log1p

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsymv, dsyr  # pyright: ignore[reportAttributeAccessIssue]

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


class Regression:
    """Mean (width) and covariance (width, width) of the weights, float64.

    `record` says how well each row was predicted from those before it: their number,
    the sum of log(variance / noise), the sum of squared errors over their variance.
    """

    __slots__ = ("_upper", "mean", "record")

    def __init__(self, mean: Vector, covariance: Matrix, record: Vector) -> None:
        self.mean = mean
        # In Fortran's order, so that BLAS updates it in place; its lower half is stale.
        self._upper = np.array(covariance, np.float64, order="F")
        self.record = record

    @classmethod
    def prior(cls, width: int, scale: float) -> "Regression":
        """Return a regression that has learned nothing."""
        return cls(np.zeros(width), scale * np.eye(width), np.zeros(3))

    @property
    def covariance(self) -> Matrix:
        """The covariance of the weights, a copy."""
        upper = np.triu(self._upper)
        return np.asarray(upper + np.triu(upper, 1).T, np.float64)

    def learn(self, features: Vector, target: float, precision: float) -> None:
        """Learn a row; `precision` is one over the variance of its noise."""
        along = self.spread(features)
        doubt = float(features @ along)
        variance = 1.0 / precision + doubt
        surprise = target - float(features @ self.mean)
        self.record += (1.0, log1p(precision * doubt), surprise**2 / variance)
        self.mean += surprise / variance * along
        dsyr(-1.0 / variance, along, a=self._upper, overwrite_a=True)

    def revise(
        self, features: Vector, old: float, new: float, precision: float
    ) -> None:
        """Change the target of a learned row from `old` to `new`."""
        along = precision * (new - old) * self.spread(features)
        misfit = (old + new) / 2 - float(features @ (self.mean + along / 2))
        self.record[2] += 2 * precision * (new - old) * misfit
        self.mean += along

    def spread(self, features: Vector) -> Vector:
        """Return covariance . features."""
        product: Vector = dsymv(1.0, self._upper, features)
        return product
