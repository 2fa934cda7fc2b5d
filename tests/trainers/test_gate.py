import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.trainers.evaluate import Scored
from pilotfish.trainers.gate import MIN_HELDOUT, judge

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
    verdict = judge(scored(candidate, truth), scored(incumbent, truth), [], 0)
    assert not verdict.promoted
    assert "no better" in verdict.reason


def test_an_equal_candidate_is_refused() -> None:
    truth = RNG.integers(0, 2, 100)
    same = scored(np.full(100, 0.4), truth)
    assert not judge(same, same, [], 0).promoted


def test_a_clearly_better_candidate_is_promoted() -> None:
    truth = RNG.integers(0, 2, 100)
    better = scored(np.where(truth == 1, 0.98, 0.02), truth)
    verdict = judge(better, scored(np.full(100, 0.5), truth), ["kind"], 0)
    assert verdict.promoted
    assert verdict.numbers["confidence"] == 1.0


def test_predictions_of_noise_are_rarely_promoted() -> None:
    promoted = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = (rng.random(120) < 0.3).astype(float)
        first, second = (0.3 + rng.normal(0, 0.1, 120) for _ in range(2))
        promoted += judge(
            scored(first, truth), scored(second, truth), [], seed
        ).promoted
    # One-sided at confidence 0.9, so 10 in 100 are expected; 20 would be 3.3 sigma.
    assert promoted <= 20


def test_forgetting_an_old_kind_refuses_a_better_candidate() -> None:
    truth = np.ones(150)
    kinds = ("new",) * 120 + ("old",) * 30
    before = np.where(np.array(kinds) == "old", 0.55, 0.2)
    after = np.where(np.array(kinds) == "old", 0.45, 0.9)
    arguments = scored(after, truth, kinds), scored(before, truth, kinds)
    assert judge(*arguments, [], 0).promoted
    refused = judge(*arguments, ["old"], 0)
    assert not refused.promoted
    assert "'old' fell by 1.000" in refused.reason


def test_a_kind_with_few_attempts_decides_nothing() -> None:
    truth = np.ones(150)
    kinds = ("new",) * (151 - MIN_HELDOUT) + ("old",) * (MIN_HELDOUT - 1)
    before = np.where(np.array(kinds) == "old", 0.55, 0.2)
    after = np.where(np.array(kinds) == "old", 0.45, 0.9)
    assert judge(
        scored(after, truth, kinds), scored(before, truth, kinds), ["old"], 0
    ).promoted


def test_worse_calibration_refuses_a_better_candidate() -> None:
    # Ranks every attempt rightly, but says 0.6 where success is certain.
    truth = np.array([1.0] * 70 + [0.0] * 30)
    sharper = scored(np.where(truth == 1, 0.6, 0.2), truth)
    verdict = judge(sharper, scored(np.full(100, 0.7), truth), [], 0)
    assert verdict.numbers["confidence"] >= 0.9
    assert not verdict.promoted
    assert "calibration" in verdict.reason


def test_few_heldout_attempts_refuse() -> None:
    few = scored(np.full(MIN_HELDOUT - 1, 0.9), np.ones(MIN_HELDOUT - 1))
    assert "needed" in judge(few, few, [], 0).reason


def test_different_attempts_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="different attempts"):
        judge(scored(np.ones(30), np.ones(30)), scored(np.ones(31), np.ones(31)), [], 0)
