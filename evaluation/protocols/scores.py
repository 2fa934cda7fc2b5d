"""What a policy was worth: success with intervals, calibration, abstention, time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.protocols.bandit import Passes
from pilotfish.evaluation.protocols.full import HeldOut
from pilotfish.trainers.evaluate import expected_calibration_error

_RESAMPLES: Final = 10_000

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """One policy's line. Intervals are of 95 %, None where there is nothing to compare.

    `success` is less weighted cost, where cost counts. `against` are paired differences
    of success to other policies: over orders in a bandit's pass, over problems where
    everything else was learned. `accuracy` is the share of held-out attempts whose
    outcome was predicted, `accuracy_gain_ci95` what it has over always saying the likelier
    outcome.
    """

    success: float
    success_ci95: Interval | None = None
    second_half: float | None = None
    against: Mapping[str, Interval] | None = None
    calibration_error: float | None = None
    accuracy: float | None = None
    accuracy_gain_ci95: Interval | None = None
    abstained: float | None = None
    choose_ms: float | None = None
    learn_ms: float | None = None


def score(passes: Passes, rivals: Mapping[str, NDArray[np.float64]]) -> Score:
    """Score passes; `rivals` are the others' success in each order, at least as many."""
    means = passes.net.mean(1)
    half = passes.net.shape[1] // 2
    predicted = ~np.isnan(passes.predicted)
    return Score(
        success=float(means.mean()),
        success_ci95=interval(means) if len(means) > 1 else None,
        second_half=float(passes.net[:, half:].mean()),
        against=_against(means, rivals),
        calibration_error=_calibration(
            passes.predicted[predicted], passes.success[predicted]
        ),
        abstained=float(passes.abstained.mean()),
        choose_ms=1000 * passes.choose_s,
        learn_ms=1000 * passes.learn_s,
    )


def score_held_out(
    held_out: HeldOut, table: OutcomeTable, rivals: Mapping[str, NDArray[np.float64]]
) -> Score:
    """Score advice on folds; `rivals` are the others' success on each problem.

    Intervals are over problems, each with its mean over repeats.
    """
    means = held_out.success.mean(0)
    outcomes = np.broadcast_to(table.outcomes, held_out.predicted.shape)
    predicted = ~np.isnan(held_out.predicted)
    gain = _accuracy_gain(held_out.predicted, outcomes)
    right = (held_out.predicted >= 0.5) == (outcomes >= 0.5)
    return Score(
        success=float(means.mean()),
        success_ci95=interval(means),
        against=_against(means, rivals),
        calibration_error=_calibration(
            held_out.predicted[predicted], outcomes[predicted]
        ),
        accuracy=float(right[predicted].mean()) if predicted.any() else None,
        accuracy_gain_ci95=interval(gain) if predicted.any() else None,
        abstained=float(held_out.abstained.mean()),
        choose_ms=1000 * held_out.choose_s,
        learn_ms=1000 * held_out.learn_s,
    )


def per_type(table: OutcomeTable) -> NDArray[np.float64]:
    """Return (problems) what the best approach of each problem's type got there.

    Chosen knowing all outcomes: with few problems of a type, luck counts as knowledge.
    """
    outcomes, kinds = table.outcomes, np.asarray(table.kinds)
    got = np.empty(len(kinds))
    for kind in set(table.kinds):
        rows = kinds == kind
        # An approach never tried on a type is no choice there.
        rates = [
            np.nanmean(column) if (~np.isnan(column)).any() else -np.inf
            for column in outcomes[rows].T
        ]
        got[rows] = outcomes[rows, int(np.argmax(rates))]
    return got


def best_single(table: OutcomeTable) -> NDArray[np.float64]:
    """Return (problems) what the approach got that is best over all; NaN if untried."""
    return table.outcomes[:, int(np.nanmean(table.outcomes, 0).argmax())]


def hindsight(table: OutcomeTable) -> dict[str, Score]:
    """Return what a policy would get that knew the whole log; none can choose so well.

    "always right" counts an approach's lucky runs as knowledge.
    """
    return {
        "best single": Score(float(np.nanmean(best_single(table)))),
        "best per type": Score(float(np.nanmean(per_type(table)))),
        "always right": Score(float(np.nanmax(table.outcomes, 1).mean())),
    }


def interval(values: NDArray[np.float64]) -> Interval:
    """Return the 95 % interval of a mean: bootstrap over the values, percentiles."""
    values = values[~np.isnan(values)]
    rng = np.random.default_rng(0)
    resamples = max(_RESAMPLES * 20 // max(len(values), 20), 1000)
    drawn = rng.integers(0, len(values), size=(resamples, len(values)))
    low, high = np.quantile(values[drawn].mean(1), (0.025, 0.975))
    return float(low), float(high)


def _against(
    means: NDArray[np.float64], rivals: Mapping[str, NDArray[np.float64]]
) -> dict[str, Interval]:
    if len(means) < 2:
        return {}
    return {
        name: interval(means - other[: len(means)]) for name, other in rivals.items()
    }


def _accuracy_gain(
    predicted: NDArray[np.float64], outcomes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (problems) how much more often a prediction is right than the likelier outcome."""
    tried = ~np.isnan(predicted)
    success = outcomes >= 0.5
    if not tried.any():
        return np.zeros(0)
    likelier = success[tried].mean() >= 0.5
    gain = ((predicted >= 0.5) == success).astype(float) - (success == likelier)
    counts = tried.sum((0, 2))
    total = np.where(tried, gain, 0.0).sum((0, 2))
    return np.asarray(total[counts > 0] / counts[counts > 0], np.float64)


def _calibration(
    predicted: NDArray[np.float64], outcome: NDArray[np.float64]
) -> float | None:
    return expected_calibration_error(predicted, outcome) if len(predicted) else None
