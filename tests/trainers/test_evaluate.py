import numpy as np
import pytest

from pilotfish.trainers.evaluate import Scored, log_loss, metrics, policy_value


def scored(predicted: list[float], outcome: list[float], best: str = "a") -> Scored:
    n = len(predicted)
    return Scored(
        problems=tuple(map(str, range(n))),
        kinds=("",) * n,
        approaches=tuple("ab"[i % 2] for i in range(n)),
        best=(best,) * n,
        predicted=np.array(predicted),
        outcome=np.array(outcome),
        weight=np.ones(n),
    )


def test_numbers_by_hand() -> None:
    numbers = metrics(scored([0.8, 0.2, 0.6, 0.4], [1, 0, 0, 0]))
    assert numbers["accuracy"] == 0.75
    assert numbers["base_rate"] == 0.75
    assert numbers["brier"] == pytest.approx((0.04 + 0.04 + 0.36 + 0.16) / 4)
    assert numbers["auc"] == 1.0
    expected = -(3 * np.log(0.8) - np.log(0.8) + np.log(0.4) + np.log(0.6)) / 4
    assert numbers["log_loss"] == pytest.approx(expected)


def test_a_certain_error_costs_a_bounded_loss() -> None:
    assert np.isfinite(log_loss(scored([0.0, 1.0], [1, 0]))).all()


def test_one_outcome_only_has_no_ranking() -> None:
    assert metrics(scored([0.3, 0.4], [1, 1]))["auc"] == 0.5


def test_policy_value_counts_attempts_of_the_preferred_approach() -> None:
    assert policy_value(scored([0.5] * 4, [1, 0, 1, 0], best="a")) == 1.0
    assert policy_value(scored([0.5] * 4, [1, 0, 1, 0], best="b")) == 0.0
    assert policy_value(scored([0.5] * 4, [1, 0, 1, 0], best="none")) == 0.5
