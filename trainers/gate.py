"""Whether a candidate may go into service: pure, from the predictions of both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotfish.trainers.evaluate import Scored, expected_calibration_error, log_loss

CONFIDENCE = 0.9
"""Share of bootstrap samples in which the candidate must have the lower log loss."""
MIN_GAIN = 0.002
"""Least mean gain in log loss: what is smaller is not worth a change of service."""
MIN_HELDOUT = 20
"""Held-out attempts below which nothing is decided, of all and of one kind."""
MAX_FORGOTTEN = 0.05
"""Accuracy that an old kind of problems may lose."""
MAX_CALIBRATION_LOSS = 0.03
"""By how much the expected calibration error may grow."""

_RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's word, the reason in words, and the numbers it rests on."""

    promoted: bool
    reason: str
    numbers: dict[str, float]


def judge(
    candidate: Scored, incumbent: Scored, old_kinds: Sequence[str], seed: int
) -> Verdict:
    """Compare two advisors on the same held-out attempts, in the same order.

    Promotes if the candidate predicts better with confidence, has forgotten none of
    `old_kinds` (those with enough held-out attempts) and is not worse calibrated.
    """
    if candidate.problems != incumbent.problems:
        raise ValueError("candidate and incumbent were scored on different attempts")
    if len(candidate.problems) < MIN_HELDOUT:
        few = f"only {len(candidate.problems)} held-out attempts, {MIN_HELDOUT} needed"
        return Verdict(False, few, {"heldout": float(len(candidate.problems))})
    gains = _gain_by_problem(candidate, incumbent)
    confidence = _share_of_gains(gains, np.random.default_rng(seed))
    worse_calibrated = _calibration_error(candidate) - _calibration_error(incumbent)
    forgotten = _most_forgotten(candidate, incumbent, old_kinds)
    numbers = {
        "gain": float(gains.mean()),
        "confidence": confidence,
        "calibration_loss": worse_calibrated,
        "forgotten": forgotten[0],
    }
    reasons = _objections(numbers, forgotten[1])
    if reasons:
        return Verdict(False, "; ".join(reasons), numbers)
    praise = (
        f"log loss {numbers['gain']:.4f} lower on {len(candidate.problems)} held-out "
        f"attempts, confidence {confidence:.3f}"
    )
    return Verdict(True, praise, numbers)


def _objections(numbers: dict[str, float], kind: str) -> list[str]:
    found = []
    if numbers["gain"] < MIN_GAIN or numbers["confidence"] < CONFIDENCE:
        found.append(
            f"no better with confidence: log loss lower by {numbers['gain']:.4f}, "
            f"confidence {numbers['confidence']:.3f} of {CONFIDENCE}"
        )
    if numbers["forgotten"] > MAX_FORGOTTEN:
        found.append(f"accuracy on {kind!r} fell by {numbers['forgotten']:.3f}")
    if numbers["calibration_loss"] > MAX_CALIBRATION_LOSS:
        found.append(f"calibration error grew by {numbers['calibration_loss']:.3f}")
    return found


def _gain_by_problem(candidate: Scored, incumbent: Scored) -> NDArray[np.float64]:
    """Mean gain of each problem: attempts at one problem are not independent."""
    gains = log_loss(incumbent) - log_loss(candidate)
    _, of_problem = np.unique(np.asarray(candidate.problems), return_inverse=True)
    counts = np.bincount(of_problem)
    return np.asarray(np.bincount(of_problem, weights=gains) / counts, np.float64)


def _share_of_gains(gains: NDArray[np.float64], rng: np.random.Generator) -> float:
    drawn = rng.integers(0, len(gains), size=(_RESAMPLES, len(gains)))
    return float((gains[drawn].mean(1) > 0).mean())


def _calibration_error(scored: Scored) -> float:
    return expected_calibration_error(scored.predicted, scored.outcome)


def _most_forgotten(
    candidate: Scored, incumbent: Scored, old_kinds: Sequence[str]
) -> tuple[float, str]:
    kinds = np.asarray(candidate.kinds)
    lost = [(0.0, "")]
    for kind in old_kinds:
        chosen = kinds == kind
        if chosen.sum() >= MIN_HELDOUT:
            before = incumbent.correct[chosen].mean()
            lost.append((float(before - candidate.correct[chosen].mean()), kind))
    return max(lost)
