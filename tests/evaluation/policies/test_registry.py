"""Every policy: it chooses among what is offered, and learns what can be learned."""

import numpy as np
import pytest
from support.advice.worlds import world

from pilotfish.evaluation.policies.policy import Case, Outcome
from pilotfish.evaluation.policies.registry import policies
from pilotfish.evaluation.protocols.bandit import play

POLICIES = policies(16)
SEES_KINDS = sorted(POLICIES.keys() - {"random", "Thompson"})


@pytest.mark.parametrize("name", POLICIES)
def test_it_chooses_among_what_is_offered(name: str) -> None:
    policy = POLICIES[name](np.random.default_rng(0))
    row = np.eye(16, dtype=np.float32)[0]
    for number in range(40):
        offered = ("plan", "react") if number % 2 else ("search", "plan", "odd: name |")
        case = Case(f"r{number}", "sort: 3 | 2 1\n", "a b", row, offered)
        decision = policy.choose(case)
        assert decision.approach in {*offered, None}
        assert len(decision.p_success) in {0, len(offered)}
        good = float(number % 3 == 0)
        policy.learn(case, decision, offered[0], Outcome(good, 0, good))


@pytest.mark.parametrize("name", SEES_KINDS)
def test_it_learns_which_approach_fits_which_kind(name: str) -> None:
    passes = play(world(400), {name: POLICIES[name]}, 2, 0)[name]
    assert passes.success[:, 200:].mean() > 0.6


def test_without_the_kind_nobody_does_well() -> None:
    for name in ("random", "Thompson"):
        passes = play(world(400), {name: POLICIES[name]}, 2, 0)[name]
        assert passes.success.mean() < 0.6


def test_the_advisor_is_sure_of_what_it_learned() -> None:
    passes = play(world(600), {"it": POLICIES["pilotfish fast"]}, 2, 0)["it"]
    assert passes.success[:, 300:].mean() > 0.8
    assert passes.abstained[:, 300:].mean() < 0.05
