"""What a pass was worth: success with intervals, calibration, abstention, time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.trainers.evaluate import expected_calibration_error
from pilotfish.trainers.outcomes import OutcomeTable
from pilotfish.trainers.protocols.bandit import Passes

_RESAMPLES: Final = 10_000

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """One policy's line. Intervals are of 95 %, None where there is nothing to compare.

    `against` are paired differences of success to other policies, over orders.
    """

    success: float
    success_ci95: Interval | None = None
    second_half: float | None = None
    against: Mapping[str, Interval] | None = None
    calibration_error: float | None = None
    abstained: float | None = None
    choose_ms: float | None = None
    learn_ms: float | None = None


def score(passes: Passes, rivals: Mapping[str, NDArray[np.float64]]) -> Score:
    """Score passes; `rivals` are the others' success in each order, (orders,)."""
    means = passes.success.mean(1)
    half = passes.success.shape[1] // 2
    return Score(
        success=float(means.mean()),
        success_ci95=interval(means),
        second_half=float(passes.success[:, half:].mean()),
        against={name: interval(means - theirs) for name, theirs in rivals.items()},
        calibration_error=_calibration_error(passes),
        abstained=float(passes.abstained.mean()),
        choose_ms=1000 * passes.choose_s,
        learn_ms=1000 * passes.learn_s,
    )


def hindsight(table: OutcomeTable) -> dict[str, Score]:
    """Return what those would get who know the whole log: nobody can choose so well.

    "always right" counts an approach's lucky runs as knowledge, and so, with few
    problems of a type, does "best per type".
    """
    outcomes, kinds = table.outcomes, np.asarray(table.kinds)
    single = int(np.nanmean(outcomes, 0).argmax())
    per_type = np.empty(len(kinds))
    for kind in set(table.kinds):
        rows = kinds == kind
        # An approach never tried on a type is no choice there.
        rates = [
            np.nanmean(column) if _tried(column) else -1 for column in outcomes[rows].T
        ]
        per_type[rows] = outcomes[rows, int(np.argmax(rates))]
    return {
        "best single": Score(float(np.nanmean(outcomes[:, single]))),
        "best per type": Score(float(np.nanmean(per_type))),
        "always right": Score(float(np.nanmax(outcomes, 1).mean())),
    }


def interval(values: NDArray[np.float64]) -> Interval:
    """Return the 95 % interval of a mean: bootstrap over orders, percentiles."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(values), size=(_RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(1), (0.025, 0.975))
    return float(low), float(high)


def _tried(column: NDArray[np.float64]) -> bool:
    return bool((~np.isnan(column)).any())


def _calibration_error(passes: Passes) -> float | None:
    known = ~np.isnan(passes.predicted)
    if not known.any():
        return None
    return expected_calibration_error(passes.predicted[known], passes.success[known])
