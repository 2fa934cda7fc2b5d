"""Decides whether a candidate is promoted, from its and the incumbent's predictions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pilotfish.trainers.evaluate import Scored, expected_calibration_error, log_loss
from pilotfish.trainers.evidence import allowed, p_value

MIN_GAIN = 0.002
"""Least mean gain in log loss that justifies a promotion."""
MIN_HELDOUT = 20
"""Held-out problems needed for a decision; for one kind, attempts."""
MAX_FORGOTTEN = 0.05
"""Loss of accuracy allowed on an old kind of problems."""
MAX_CALIBRATION_LOSS = 0.03
"""Growth of the expected calibration error that is allowed."""
MAX_CALIBRATION_ERROR = 0.2
"""Upper limit, whatever the incumbent's error is; with fewer than a hundred held-out
attempts, chance alone comes near it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's decision, its reason in words, and the numbers behind it."""

    promoted: bool
    reason: str
    numbers: dict[str, float]


def judge(
    candidate: Scored,
    incumbent: Scored,
    old_kinds: Sequence[str],
    look: int,
    faults: Sequence[str],
) -> Verdict:
    """Compare two advisors on the same held-out attempts, in the same order.

    Promotes if the candidate predicts better with confidence, has forgotten none of
    `old_kinds` (those with enough held-out attempts), is calibrated about as well as
    the incumbent, and has no `faults`.

    Args:
        candidate: the predictions that should be better.
        incumbent: the predictions of the advisor in service.
        old_kinds: kinds of problems that earlier trainings had.
        look: number of this comparison with this incumbent, from 1; each later one
            needs stronger evidence.
        faults: reasons, in words, that rule out a promotion.
    """
    if candidate.problems != incumbent.problems:
        raise ValueError("candidate and incumbent were scored on different attempts")
    problems = len(set(candidate.problems))
    if problems < MIN_HELDOUT:
        few = f"only {problems} held-out problems, {MIN_HELDOUT} needed"
        return Verdict(False, "; ".join([few, *faults]), {"heldout": float(problems)})
    forgotten, kind = _most_forgotten(candidate, incumbent, old_kinds)
    numbers = _numbers(candidate, incumbent, look) | {"forgotten": forgotten}
    objections = [*_objections(numbers, kind), *faults]
    if objections:
        return Verdict(False, "; ".join(objections), numbers)
    gain = f"log loss {numbers['gain']:.4f} lower on {problems} held-out problems"
    return Verdict(True, f"{gain}, {_evidence(numbers)}", numbers)


def overtaken(verdict: Verdict, serving: str) -> Verdict:
    """Refuse a candidate whose incumbent is no longer in service."""
    reason = f"{serving} went into service meanwhile, and was not compared"
    return replace(verdict, promoted=False, reason=reason)


def _numbers(candidate: Scored, incumbent: Scored, look: int) -> dict[str, float]:
    gains = _gain_by_problem(candidate, incumbent)
    error = _calibration_error(candidate)
    return {
        "gain": float(gains.mean()),
        "p_value": p_value(gains),
        "look": float(look),
        "allowed": allowed(look),
        "calibration_error": error,
        "calibration_loss": error - _calibration_error(incumbent),
    }


def _objections(numbers: dict[str, float], kind: str) -> list[str]:
    objections = []
    sure = numbers["p_value"] <= numbers["allowed"]
    # In this form, a gain of NaN counts as no gain.
    if not (numbers["gain"] >= MIN_GAIN and sure):
        gain = f"log loss lower by {numbers['gain']:.4f}"
        objections.append(f"no better with confidence: {gain}, {_evidence(numbers)}")
    if numbers["forgotten"] > MAX_FORGOTTEN:
        objections.append(f"accuracy on {kind!r} fell by {numbers['forgotten']:.3f}")
    if numbers["calibration_loss"] > MAX_CALIBRATION_LOSS:
        objections.append(
            f"calibration error grew by {numbers['calibration_loss']:.3f}"
        )
    if numbers["calibration_error"] > MAX_CALIBRATION_ERROR:
        error = f"{numbers['calibration_error']:.3f}"
        objections.append(f"calibration error {error}, {MAX_CALIBRATION_ERROR} allowed")
    return objections


def _evidence(numbers: dict[str, float]) -> str:
    p, most = numbers["p_value"], numbers["allowed"]
    return f"p {p:.2g} at look {numbers['look']:.0f} ({most:.2g} allowed)"


def _gain_by_problem(candidate: Scored, incumbent: Scored) -> NDArray[np.float64]:
    """Return each problem's mean gain: attempts at one problem are not independent."""
    gains = log_loss(incumbent) - log_loss(candidate)
    _, of_problem = np.unique(np.asarray(candidate.problems), return_inverse=True)
    counts = np.bincount(of_problem)
    return np.asarray(np.bincount(of_problem, weights=gains) / counts, np.float64)


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
