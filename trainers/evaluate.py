"""Scores of an advisor's predictions for attempts that it has not learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.head import FastHead
from pilotfish.trainers.dataset import Attempt

_CLIP = 0.01


@dataclass(frozen=True, slots=True)
class Scored:
    """Predictions for attempts, in the order of the attempts.

    `predicted` and `outcome` are P(success) as predicted and as labelled; `best` is
    the approach that the advisor prefers, `approaches` the one that was tried.
    """

    problems: tuple[str, ...]
    kinds: tuple[str, ...]
    approaches: tuple[str, ...]
    best: tuple[str, ...]
    predicted: NDArray[np.float64]
    outcome: NDArray[np.float64]
    weight: NDArray[np.float64]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether the predicted outcome is the labelled one."""
        return np.asarray((self.predicted >= 0.5) == (self.outcome >= 0.5))


def teach(
    embeddings: Embeddings, attempts: Sequence[Attempt], head: FastHead
) -> FastHead:
    """Let a head learn attempts in their order; return the head."""
    for embedding, attempt in zip(embeddings, attempts, strict=True):
        head.learn(embedding, attempt.problem_type, attempt.approach, attempt.p_success)
    return head


def score(
    head: FastHead,
    embeddings: Embeddings,
    attempts: Sequence[Attempt],
    approaches: Sequence[str],
) -> Scored:
    """Predict attempts, each among all `approaches`."""
    column = {approach: index for index, approach in enumerate(approaches)}
    means = [
        head.predict(embedding, attempt.problem_type, list(approaches))[0]
        for embedding, attempt in zip(embeddings, attempts, strict=True)
    ]
    table = np.asarray(means, np.float64).reshape(len(attempts), len(approaches))
    tried = [column[attempt.approach] for attempt in attempts]
    return Scored(
        problems=tuple(attempt.problem for attempt in attempts),
        kinds=tuple(attempt.problem_type for attempt in attempts),
        approaches=tuple(attempt.approach for attempt in attempts),
        best=tuple(approaches[int(index)] for index in table.argmax(1)),
        predicted=table[np.arange(len(attempts)), tried],
        outcome=np.array([attempt.p_success for attempt in attempts], np.float64),
        weight=np.array([attempt.weight for attempt in attempts], np.float64),
    )


def log_loss(scored: Scored) -> NDArray[np.float64]:
    """Return the log loss of each attempt in nats; predictions are clipped."""
    p = np.clip(scored.predicted, _CLIP, 1 - _CLIP)
    y = scored.outcome
    return np.asarray(-(y * np.log(p) + (1 - y) * np.log(1 - p)), np.float64)


def expected_calibration_error(
    predicted: NDArray[np.float64], outcome: NDArray[np.float64], bins: int = 5
) -> float:
    """Return the mean gap of predicted and true success over roughly equal bins.

    Equal predictions share a bin: a constant prediction has a single gap.
    """
    edges = np.quantile(predicted, np.arange(1, bins) / bins)
    of_bin = np.searchsorted(edges, predicted, side="left")
    gaps = np.bincount(of_bin, weights=predicted - outcome)
    return float(np.abs(gaps).sum() / len(of_bin))


def metrics(scored: Scored) -> dict[str, float]:
    """Return the numbers of the card and of the trainings table."""
    success = scored.outcome >= 0.5
    rate = float(success.mean())
    return {
        "accuracy": float(scored.correct.mean()),
        "base_rate": max(rate, 1 - rate),
        "log_loss": float(log_loss(scored).mean()),
        "brier": float(((scored.predicted - scored.outcome) ** 2).mean()),
        "ece": expected_calibration_error(scored.predicted, scored.outcome),
        "auc": _auc(scored.predicted, success),
        "policy_value": policy_value(scored),
    }


def policy_value(scored: Scored) -> float:
    """Return the estimated success rate of always trying the best approach.

    Self-normalised importance sampling (Swaminathan and Joachims, 2015): the weighted
    mean of attempts that tried that approach; the plain success rate if none did.
    """
    agreed = np.asarray(scored.best) == np.asarray(scored.approaches)
    weight = scored.weight * agreed
    if not weight.sum():
        return float(np.average(scored.outcome, weights=scored.weight))
    return float((weight * scored.outcome).sum() / weight.sum())


def _auc(predicted: NDArray[np.float64], success: NDArray[np.bool_]) -> float:
    """Return P(a success ranks above a failure), ties half (Mann and Whitney)."""
    good, bad = predicted[success], predicted[~success]
    if not (len(good) and len(bad)):
        return 0.5
    above = (good[:, None] > bad[None, :]).mean()
    return float(above + (good[:, None] == bad[None, :]).mean() / 2)
