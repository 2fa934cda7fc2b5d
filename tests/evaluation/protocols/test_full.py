"""Folds: every policy learns four of them and advises on the fifth."""

import numpy as np
import pytest
from support.advice.worlds import APPROACHES, world

from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.evaluation.policies.registry import batch_policies
from pilotfish.evaluation.protocols.full import FOLDS, cross_validate


class Notes:
    """Always advises the same, and notes what it learns and advises on."""

    def __init__(self, approach: str | None = "react") -> None:
        self.approach = approach
        self.taught: list[tuple[str, str, float]] = []
        self.advised_on: list[str] = []

    def choose(self, case: Case) -> Decision:
        self.advised_on.append(case.problem)
        return Decision(self.approach, (0.7,) * len(case.approaches))

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        self.taught.append((case.problem, approach, outcome.success))


def test_nothing_that_is_asked_was_taught_and_all_the_rest_was() -> None:
    made, notes = world(60), list[Notes]()

    def maker(_: np.random.Generator) -> Notes:
        notes.append(Notes())
        return notes[-1]

    held_out = cross_validate(made, {"it": maker}, 2, 3)["it"]
    assert len(notes) == 2 * FOLDS
    for policy in notes:
        assert not {problem for problem, _, _ in policy.taught} & set(policy.advised_on)
        assert len(policy.taught) == 3 * (60 - len(policy.advised_on))
    assert sorted(p for policy in notes[:FOLDS] for p in policy.advised_on) == sorted(
        made.table.problems
    )
    react = made.table.outcomes[:, APPROACHES.index("react")]
    np.testing.assert_array_equal(held_out.success, [react, react])
    assert (held_out.predicted == 0.7).all()


def test_who_abstains_gets_the_mean_of_what_was_offered() -> None:
    made = world(60)
    made.table.outcomes[:30, 2] = np.nan
    held_out = cross_validate(made, {"it": lambda _: Notes(None)}, 1, 0)["it"]
    assert held_out.abstained.all()
    np.testing.assert_allclose(
        held_out.success[0], np.nanmean(made.table.outcomes, axis=1)
    )
    assert np.isnan(held_out.predicted[0, :30, 2]).all()


@pytest.mark.parametrize("name", ["tf-idf ridge", "pilotfish fast", "VW squarecb"])
def test_who_learns_advises_well_on_what_is_held_out(name: str) -> None:
    new_policy = batch_policies(16)[name]
    held_out = cross_validate(world(300), {name: new_policy}, 1, 0)[name]
    assert held_out.success.mean() > 0.75
