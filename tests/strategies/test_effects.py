"""Effects: right on an agent whose rule is known, silent where there is none."""

import numpy as np
import pytest

from pilotfish.evaluation.made_up_agents import KINDS, draw_checking, true_effect
from pilotfish.strategies.effects import (
    LEAST,
    Attempts,
    Effect,
    Flags,
    effects,
    helpful,
)

SEEDS = 20


def effect_of(attempts: Attempts, present: Flags) -> Effect:
    return effects(attempts, {"it": present})["it"]


def permuted(attempts: Attempts, order: np.ndarray) -> Attempts:
    return Attempts(
        attempts.p_success[order], attempts.foretold[order], attempts.problems[order]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_hidden_rule_is_found_and_intervals_hold_the_truth(kind: str) -> None:
    truth = true_effect(kind)
    found = []
    for seed in range(SEEDS):
        drawn = draw_checking(kind, 1000, seed)
        found.append(effect_of(drawn.attempts, drawn.checked))
    assert all(effect.difference * truth > 0 for effect in found)
    assert sum(effect.low <= truth <= effect.high for effect in found) >= 0.9 * SEEDS


def test_without_adjustment_what_helps_would_seem_to_hurt() -> None:
    drawn = draw_checking("helps", 20_000, seed=0)
    success = drawn.attempts.p_success
    assert success[drawn.checked].mean() < success[~drawn.checked].mean()
    assert helpful({"it": effect_of(drawn.attempts, drawn.checked)}) == {"it"}


def test_with_shuffled_outcomes_nothing_helps() -> None:
    kept = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        drawn = draw_checking("helps", 400, seed)
        shuffled = rng.permutation(drawn.attempts.p_success)
        attempts = Attempts(shuffled, drawn.attempts.foretold, drawn.attempts.problems)
        used = rng.integers(0, 8, len(shuffled))
        present = {str(strategy): used == strategy for strategy in range(8)}
        kept += len(helpful(effects(attempts, present)))
    assert kept <= 1


def test_too_few_attempts_show_no_effect() -> None:
    drawn = draw_checking("helps", 100, seed=1)
    few = np.arange(100) < LEAST - 1
    assert (
        effects(drawn.attempts, {"few": few, "most": ~few, "none": few & False}) == {}
    )
    assert effects(drawn.attempts, {"enough": np.arange(100) < LEAST})


def test_order_is_of_no_importance() -> None:
    drawn = draw_checking("hurts", 300, seed=2)
    order = np.random.default_rng(0).permutation(300)
    again = effect_of(permuted(drawn.attempts, order), drawn.checked[order])
    assert again == pytest.approx(effect_of(drawn.attempts, drawn.checked))


def test_attempts_at_one_problem_count_as_one_sample() -> None:
    drawn = draw_checking("helps", 300, seed=3)
    doubled = np.tile(np.arange(300), 2)
    once = effect_of(drawn.attempts, drawn.checked)
    twice = effect_of(permuted(drawn.attempts, doubled), drawn.checked[doubled])
    assert twice.error == pytest.approx(once.error, rel=0.1)


def test_a_difference_without_exception_is_an_effect() -> None:
    rng = np.random.default_rng(0)
    present = rng.random(200) < 0.5
    attempts = Attempts(
        present.astype(np.float64), rng.normal(size=(200, 3)), np.arange(200)
    )
    assert effect_of(attempts, present).difference == pytest.approx(1, abs=0.01)
    assert helpful({"it": effect_of(attempts, present)}) == {"it"}
    same = Attempts(np.ones(200), attempts.foretold, attempts.problems)
    assert effect_of(same, present).difference == pytest.approx(0)
    assert helpful({"it": effect_of(same, present)}) == set()


def test_what_helps_must_help_however_many_were_compared() -> None:
    def effect(z: float) -> Effect:
        return Effect(z, z - 1.96, z + 1.96, 100, 100)

    assert helpful({"alone": effect(2.5)}) == {"alone"}
    many = {str(n): effect(0.0) for n in range(20)}
    assert helpful({"one of many": effect(2.5), **many}) == set()
    assert helpful({"clear": effect(5.0), **many}) == {"clear"}
    assert helpful({"harm": effect(-9.0)}) == set()
