"""A pass: all policies play the same orders, and learn only labels of what they chose."""

import numpy as np
import pytest
from support.advice.worlds import APPROACHES, world

from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.evaluation.policies.tallies import RandomChoice
from pilotfish.evaluation.protocols.bandit import (
    World,
    noisy_labels,
    play,
    shuffled,
)


class Notes:
    """Always takes the same approach, or none, and notes what it is shown."""

    def __init__(self, approach: str | None) -> None:
        self.approach = approach
        self.seen: list[tuple[str, str, float]] = []

    def choose(self, case: Case) -> Decision:
        return Decision(self.approach, (0.7,) * len(case.approaches))

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        self.seen.append((case.problem, approach, outcome.success))


def test_it_gets_the_outcomes_on_record_and_learns_the_ones_it_is_told() -> None:
    made = world(60)
    lies = World(made.table, made.embeddings, 1 - made.labels)
    policy = Notes("react")
    passes = play(lies, {"it": lambda _: policy}, 1, 5)["it"]
    column = made.table.outcomes[:, APPROACHES.index("react")]
    truth = dict(zip(made.table.problems, column, strict=True))
    assert [truth[problem] for problem, _, _ in policy.seen] == passes.success[
        0
    ].tolist()
    assert all(label == 1 - truth[problem] for problem, _, label in policy.seen)
    assert {problem for problem, _, _ in policy.seen} == set(made.table.problems)
    assert (passes.predicted == 0.7).all() and not passes.abstained.any()


def test_orders_differ_from_one_another_and_not_from_policy_to_policy() -> None:
    notes = [Notes("plan") for _ in range(4)]
    waiting = iter(notes)
    both = {"one": lambda _: next(waiting), "other": lambda _: next(waiting)}
    play(world(60), both, 2, 5)
    orders = [[problem for problem, *_ in each.seen] for each in notes]
    assert orders[0] == orders[2] and orders[1] == orders[3]
    assert orders[0] != orders[1]


def test_who_abstains_gets_what_an_even_choice_gets() -> None:
    made = world(2000)
    passes = play(made, {"none": lambda _: Notes(None), "random": RandomChoice}, 1, 0)
    assert passes["none"].abstained.all()
    assert passes["none"].success.mean() == pytest.approx(
        passes["random"].success.mean(), abs=0.05
    )


def test_only_approaches_on_record_are_offered() -> None:
    made = world(60)
    made.table.outcomes[:, 0] = np.nan
    assert made.case(3, "r").approaches == APPROACHES[1:]


def test_noise_flips_its_share_of_labels() -> None:
    table = world(2000).table
    flipped = noisy_labels(table, 0.2, 1) != table.outcomes
    assert flipped.mean() == pytest.approx(0.2, abs=0.02)
    assert (noisy_labels(table, 0.0, 1) == table.outcomes).all()


def test_shuffled_labels_keep_the_rates_and_nothing_else() -> None:
    table = world(400).table
    null = shuffled(table, 1)
    assert (null.outcomes.mean(0) == table.outcomes.mean(0)).all()
    same = (null.outcomes == table.outcomes).all(1).mean()
    assert same < 0.9
