from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.trainers.evaluate import Scored
from pilotfish.trainers.gate import MIN_HELDOUT, Verdict, overtaken
from pilotfish.trainers.gate import judge as judge_with

RNG = np.random.default_rng(0)


def scored(
    predicted: np.ndarray, outcome: np.ndarray, kinds: tuple[str, ...] | None = None
) -> Scored:
    n = len(predicted)
    return Scored(
        problems=tuple(f"problem {i}" for i in range(n)),
        kinds=kinds or ("kind",) * n,
        approaches=("a",) * n,
        best=("a",) * n,
        predicted=np.clip(np.asarray(predicted, np.float64), 0, 1),
        outcome=np.asarray(outcome, np.float64),
        weight=np.ones(n),
    )


def judge(
    candidate: Scored,
    incumbent: Scored,
    old_kinds: Sequence[str] = (),
    look: int = 1,
    faults: Sequence[str] = (),
) -> Verdict:
    return judge_with(candidate, incumbent, old_kinds, look, faults)


@given(
    outcome=st.lists(st.sampled_from([0.0, 1.0]), min_size=MIN_HELDOUT, max_size=200),
    sure=st.floats(0.05, 0.45),
    worse=st.floats(0.01, 0.5),
)
@settings(max_examples=50, deadline=None)
def test_a_candidate_further_from_every_outcome_is_refused(
    outcome: list[float], sure: float, worse: float
) -> None:
    truth = np.array(outcome)
    incumbent = np.where(truth == 1, 1 - sure, sure)
    candidate = np.where(truth == 1, 1 - sure - worse, sure + worse)
    verdict = judge(scored(candidate, truth), scored(incumbent, truth))
    assert not verdict.promoted
    assert "no better" in verdict.reason


def test_an_equal_candidate_is_refused() -> None:
    truth = RNG.integers(0, 2, 100)
    same = scored(np.full(100, 0.4), truth)
    assert not judge(same, same).promoted


def test_a_clearly_better_candidate_is_promoted() -> None:
    truth = RNG.integers(0, 2, 100)
    better = scored(np.where(truth == 1, 0.98, 0.02), truth)
    verdict = judge(better, scored(np.full(100, 0.5), truth), ["kind"])
    assert verdict.promoted
    assert verdict.numbers["p_value"] < 1e-6
    assert "on 100 held-out problems, p " in verdict.reason


def noisy(rng: np.random.Generator, log_odds: np.ndarray, sd: float) -> np.ndarray:
    """Return predictions with an error of `sd` in log odds."""
    off = rng.normal(0, sd, len(log_odds))
    return np.asarray(1 / (1 + np.exp(-log_odds - off)))


def ever_promoted(
    rng: np.random.Generator, incumbent_sd: float, candidate_sd: float, looks: int
) -> bool:
    """Judge candidates against one incumbent while held-out attempts arrive."""
    log_odds = rng.normal(0, 1.5, 60 + 30 * looks)
    truth = (rng.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    incumbent = noisy(rng, log_odds, incumbent_sd)
    for look in range(1, looks + 1):
        n = 60 + 30 * look
        candidate = scored(noisy(rng, log_odds[:n], candidate_sd), truth[:n])
        if judge(candidate, scored(incumbent[:n], truth[:n]), look=look).promoted:
            return True
    return False


def test_candidates_that_are_no_better_are_rarely_promoted() -> None:
    seeds = range(200)
    runs = [ever_promoted(np.random.default_rng(seed), 1, 1, 20) for seed in seeds]
    # One in ten is the promise; three standard deviations more would be 33.
    assert sum(runs) <= 33


def test_better_candidates_are_promoted_soon() -> None:
    seeds = range(50)
    runs = [ever_promoted(np.random.default_rng(seed), 2, 0.3, 3) for seed in seeds]
    assert sum(runs) >= 45


def test_a_later_look_needs_better_evidence() -> None:
    rng = np.random.default_rng(3)
    log_odds = rng.normal(0, 1.5, 200)
    truth = (rng.random(200) < 1 / (1 + np.exp(-log_odds))).astype(float)
    candidate = scored(noisy(rng, log_odds, 0.3), truth)
    incumbent = scored(noisy(rng, log_odds, 2.0), truth)
    assert judge(candidate, incumbent, look=1).promoted
    late = judge(candidate, incumbent, look=10**6)
    assert not late.promoted
    assert "at look 1000000 (1e-13 allowed)" in late.reason


def test_a_repeated_gain_counts_once() -> None:
    truth = np.ones(40)
    same = ("the same problem",) * 40
    better, worse = scored(np.full(40, 0.9), truth), scored(np.full(40, 0.5), truth)
    verdict = judge(replace(better, problems=same), replace(worse, problems=same))
    assert verdict.reason == f"only 1 held-out problems, {MIN_HELDOUT} needed"


def test_forgetting_an_old_kind_refuses_a_better_candidate() -> None:
    truth = np.ones(150)
    kinds = ("new",) * 120 + ("old",) * 30
    before = np.where(np.array(kinds) == "old", 0.55, 0.2)
    after = np.where(np.array(kinds) == "old", 0.45, 0.9)
    arguments = scored(after, truth, kinds), scored(before, truth, kinds)
    assert judge(*arguments).promoted
    refused = judge(*arguments, ["old"])
    assert not refused.promoted
    assert "'old' fell by 1.000" in refused.reason


def test_a_kind_with_few_attempts_decides_nothing() -> None:
    truth = np.ones(150)
    kinds = ("new",) * (151 - MIN_HELDOUT) + ("old",) * (MIN_HELDOUT - 1)
    before = np.where(np.array(kinds) == "old", 0.55, 0.2)
    after = np.where(np.array(kinds) == "old", 0.45, 0.9)
    assert judge(
        scored(after, truth, kinds), scored(before, truth, kinds), ["old"]
    ).promoted


def test_worse_calibration_refuses_a_better_candidate() -> None:
    # Ranks every attempt correctly, but predicts 0.6 where success is certain.
    truth = np.array([1.0] * 70 + [0.0] * 30)
    sharper = scored(np.where(truth == 1, 0.6, 0.2), truth)
    verdict = judge(sharper, scored(np.full(100, 0.7), truth))
    assert verdict.numbers["p_value"] <= verdict.numbers["allowed"]
    assert not verdict.promoted
    assert "calibration" in verdict.reason


def test_a_badly_calibrated_candidate_is_always_refused() -> None:
    truth = np.array([1.0] * 70 + [0.0] * 30)
    candidate = scored(np.where(truth == 1, 0.75, 0.35), truth)
    verdict = judge(candidate, scored(np.full(100, 0.1), truth))
    assert verdict.numbers["calibration_loss"] < 0
    assert not verdict.promoted
    assert verdict.reason == "calibration error 0.280, 0.2 allowed"


def test_a_fault_found_before_refuses_the_best_candidate() -> None:
    truth = RNG.integers(0, 2, 100)
    better = scored(np.where(truth == 1, 0.98, 0.02), truth)
    plain = scored(np.full(100, 0.5), truth)
    refused = judge(better, plain, faults=["its ONNX file differs from torch by 0.3"])
    assert not refused.promoted
    assert refused.reason == "its ONNX file differs from torch by 0.3"
    assert refused.numbers == judge(better, plain).numbers


def test_predictions_of_nan_are_no_gain() -> None:
    truth = RNG.integers(0, 2, 100)
    nothing = scored(np.full(100, np.nan), truth)
    verdict = judge(nothing, scored(np.full(100, 0.5), truth))
    assert not verdict.promoted and "no better" in verdict.reason


def test_a_candidate_compared_with_a_former_incumbent_is_refused() -> None:
    passed = Verdict(True, "better", {"gain": 0.1})
    refused = overtaken(passed, "v1")
    assert not refused.promoted
    assert refused.reason.startswith("v1 went into service meanwhile")
    assert refused.numbers == passed.numbers


def test_few_heldout_problems_refuse() -> None:
    few = scored(np.full(MIN_HELDOUT - 1, 0.9), np.ones(MIN_HELDOUT - 1))
    assert "needed" in judge(few, few).reason


def test_different_attempts_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="different attempts"):
        judge(scored(np.ones(30), np.ones(30)), scored(np.ones(31), np.ones(31)))
