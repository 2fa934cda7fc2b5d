"""Agents that are made up: what is said of them is so."""

import numpy as np
import pytest

from pilotfish.evaluation.made_up_agents import (
    KINDS,
    draw_behaviours,
    draw_checking,
    true_effect,
)


def test_an_agent_is_the_same_for_a_seed_and_another_for_the_next() -> None:
    moves, behaviours = draw_behaviours(3, 50, 0.1, seed=1)
    again, same = draw_behaviours(3, 50, 0.1, seed=1)
    assert moves == again and (behaviours == same).all()
    assert draw_behaviours(3, 50, 0.1, seed=2)[0] != moves


def test_without_blur_attempts_of_a_behaviour_begin_alike() -> None:
    moves, behaviours = draw_behaviours(4, 400, 0.0, seed=0)
    for behaviour in range(4):
        own = [m for m, b in zip(moves, behaviours, strict=True) if b == behaviour]
        plan = min(own, key=len)
        assert plan and all(each[: len(plan)] == plan for each in own)
        assert all(len(set(each)) == len(each) for each in own)


@pytest.mark.parametrize("kind", KINDS)
def test_what_looks_hard_is_checked_more_often_and_solved_less_often(kind: str) -> None:
    drawn = draw_checking(kind, 4000, seed=0)
    looks_hard = drawn.attempts.foretold.sum(1)
    assert np.corrcoef(looks_hard, drawn.checked)[0, 1] > 0.3
    assert np.corrcoef(looks_hard, drawn.attempts.p_success)[0, 1] < -0.2
    assert len(set(drawn.attempts.problems.tolist())) == 2000


def test_checking_does_what_its_kind_says() -> None:
    assert 0.1 < true_effect("helps") < 0.25
    assert -0.25 < true_effect("hurts") < -0.1
