"""Scores: intervals that hold, and what hindsight would get."""

import numpy as np
import pytest
from support.advice.worlds import world

from pilotfish.evaluation.protocols.bandit import Passes
from pilotfish.evaluation.protocols.scores import hindsight, interval, score


def passes(rate: float, seed: int = 0, orders: int = 20) -> Passes:
    rng = np.random.default_rng(seed)
    success = (rng.random((orders, 400)) < rate).astype(float)
    none = np.zeros(success.shape, bool)
    return Passes(
        success, success.copy(), np.full(success.shape, rate), none, 0.001, 0.002
    )


def test_a_score_says_how_much_better_and_how_surely() -> None:
    good, bad = passes(0.6), passes(0.5, 1)
    line = score(good, {"bad": bad.success.mean(1), "itself": good.success.mean(1)})
    assert line.success == pytest.approx(0.6, abs=0.02)
    assert line.against is not None and line.against["bad"][0] > 0
    assert line.against["itself"] == (0.0, 0.0)
    assert line.calibration_error is not None and line.calibration_error < 0.02
    assert (line.choose_ms, line.learn_ms) == (1.0, 2.0)


def test_who_does_not_predict_has_no_calibration() -> None:
    made = passes(0.5)
    made.predicted[:] = np.nan
    assert score(made, {}).calibration_error is None


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held = [
        low < 0.0 < high
        for low, high in (interval(rng.normal(size=20)) for _ in range(200))
    ]
    assert 0.86 < np.mean(held) < 0.99


def test_hindsight_knows_more_the_more_it_may_know() -> None:
    table = world(400).table
    best = {name: line.success for name, line in hindsight(table).items()}
    assert best["best single"] == table.outcomes.mean(0).max()
    assert best["best single"] < best["best per type"] < best["always right"]
