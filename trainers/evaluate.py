"""How well an advisor predicts outcomes it has not seen."""

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
    the approach the advisor would have chosen, `approaches` the one that was tried.
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
        """Whether the likelier outcome was predicted."""
        return np.asarray((self.predicted >= 0.5) == (self.outcome >= 0.5))


def teach(
    embeddings: Embeddings, attempts: Sequence[Attempt], head: FastHead
) -> FastHead:
    """Let a head learn attempts in their order; returns it."""
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
    place = {approach: index for index, approach in enumerate(approaches)}
    means = [
        head.predict(embedding, attempt.problem_type, list(approaches))[0]
        for embedding, attempt in zip(embeddings, attempts, strict=True)
    ]
    table = np.asarray(means, np.float64).reshape(len(attempts), len(approaches))
    tried = [place[attempt.approach] for attempt in attempts]
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
    """Log loss of each attempt in nats; predictions are kept off 0 and 1."""
    p = np.clip(scored.predicted, _CLIP, 1 - _CLIP)
    y = scored.outcome
    return np.asarray(-(y * np.log(p) + (1 - y) * np.log(1 - p)), np.float64)


def expected_calibration_error(
    predicted: NDArray[np.float64], outcome: NDArray[np.float64], bins: int = 5
) -> float:
    """Mean gap of predicted and true success over about equally filled bins.

    Equal predictions share a bin: a constant guess has one gap, not one a bin.
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
    """Success rate if the best approach were always taken, from what was tried.

    Self-normalised importance sampling (Swaminathan and Joachims, 2015): the attempts
    that tried the advised approach, by weight; the plain success rate where none did.
    """
    agreed = np.asarray(scored.best) == np.asarray(scored.approaches)
    weight = scored.weight * agreed
    if not weight.sum():
        return float(np.average(scored.outcome, weights=scored.weight))
    return float((weight * scored.outcome).sum() / weight.sum())


def _auc(predicted: NDArray[np.float64], success: NDArray[np.bool_]) -> float:
    """Mann and Whitney's: P(a success is ranked above a failure), ties half."""
    good, bad = predicted[success], predicted[~success]
    if not (len(good) and len(bad)):
        return 0.5
    above = (good[:, None] > bad[None, :]).mean()
    return float(above + (good[:, None] == bad[None, :]).mean() / 2)
