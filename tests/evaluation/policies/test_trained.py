"""Policies with trainings: when they train, and what they take into service."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from support.advice.worlds import APPROACHES, world

from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.policies.policy import Decision, Outcome
from pilotfish.evaluation.policies.trained import (
    TRAIN_AT,
    SharedTrainings,
    TrainedAdvisor,
)
from pilotfish.evaluation.protocols.bandit import World, one_pass
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.embedding import Embedded
from pilotfish.trainers.gate import Verdict


@dataclass
class Shop:
    """Gives every candidate the world's own embeddings instead of blank ones."""

    made: World
    promotes: bool
    trained: list[int] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    cost_weight: float = 0.0

    @property
    def texts(self) -> Sequence[str]:
        return self.made.table.problems

    @property
    def base(self) -> np.ndarray:
        return np.ones_like(self.made.embeddings)

    def train(
        self, attempts: Sequence[Attempt], incumbent: Embedded, look: int
    ) -> tuple[Embedded, Verdict]:
        self.trained.append(len(attempts))
        self.looks.append(look)
        return Embedded(self.made.embeddings, 0), Verdict(self.promotes, "", {})


def success(shop: Shop, *, in_service: bool) -> float:
    """Teach a policy all outcomes of 400 problems without types; ask it 100 others."""
    policy = TrainedAdvisor(shop, in_service=in_service)  # type: ignore[arg-type]
    got = []
    for row in range(500):
        case = shop.made.case(row, f"r{row}")._replace(problem_type="")
        pairs = zip(APPROACHES, shop.made.table.outcomes[row].tolist(), strict=True)
        outcomes: dict[str, float] = dict(pairs)
        if row >= 400:
            chosen = policy.choose(case).approach
            got.append(outcomes[chosen] if chosen else 0.4)
            continue
        for approach, outcome in outcomes.items():
            policy.learn(case, Decision(None), approach, Outcome(outcome, 0, outcome))
    return float(np.mean(got))


@pytest.mark.parametrize("in_service", [False, True])
def test_a_promoted_candidate_serves_with_all_that_was_learned(
    in_service: bool,
) -> None:
    shop = Shop(world(500), promotes=True)
    assert success(shop, in_service=in_service) > 0.75
    assert shop.trained == [1200]


def test_only_the_service_minds_the_gate() -> None:
    shop = Shop(world(500), promotes=False)
    assert success(shop, in_service=True) < 0.65
    assert success(shop, in_service=False) > 0.75


def test_before_its_first_training_it_is_the_advisor_without_trainings() -> None:
    shop = Shop(world(150), promotes=True, cost_weight=0.3)
    costs = np.random.default_rng(0).random((150, 3))
    table = replace(shop.made.table, costs=costs)
    flat = replace(
        shop.made, table=table, embeddings=np.asarray(shop.base), cost_weight=0.3
    )
    trained = TrainedAdvisor(shop, in_service=True)  # type: ignore[arg-type]
    fast = FastAdvisor(flat.embeddings.shape[1], cost_weight=0.3)
    decisions = [
        [step.decision for step in one_pass(flat, policy, np.arange(150), "same")]
        for policy in (trained, fast)
    ]
    assert decisions[0] == decisions[1]


def test_a_training_begins_at_500_new_outcomes() -> None:
    shop = Shop(world(500), promotes=False)
    policy = TrainedAdvisor(shop, in_service=True)  # type: ignore[arg-type]
    for number in range(2 * TRAIN_AT + 10):
        case = shop.made.case(number % 500, f"r{number}")
        policy.learn(case, policy.choose(case), "plan", Outcome(1, 0, 1))
    assert shop.trained == [TRAIN_AT, 2 * TRAIN_AT]
    assert shop.looks == [1, 2]


@pytest.mark.slow(12)
def test_a_workshop_trains_as_the_trainers_do_and_the_same_attempts_once() -> None:
    made, steps = world(200), list[int]()
    shop = SharedTrainings(
        Settings().base_model,
        made.table.problems,
        np.asarray(made.embeddings, np.float32),
        lambda step, _total, _loss: steps.append(step),
    )
    attempts = [
        Attempt(f"{row}-{column}", problem, "", approach, float(outcome))
        for row, problem in enumerate(made.table.problems)
        for column, (approach, outcome) in enumerate(
            zip(APPROACHES, made.table.outcomes[row], strict=True)
        )
    ]
    learned, verdict = shop.train(attempts, Embedded(shop.base, 0), 1)
    assert steps and shop.verdicts == [verdict]
    assert learned.words == len(APPROACHES)
    assert learned.rows.shape[0] == 200
    again, _ = shop.train(attempts, Embedded(shop.base, 0), 1)
    assert again is learned and len(shop.verdicts) == 1
