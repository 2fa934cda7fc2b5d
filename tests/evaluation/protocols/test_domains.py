"""Two domains: what is forgotten is seen, and so is what carries over."""

from collections.abc import Sequence

import numpy as np
import pytest
from support.advice.worlds import APPROACHES, world

from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.evaluation.policies.registry import policies
from pilotfish.evaluation.policies.tallies import Thompson
from pilotfish.evaluation.protocols import domains
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.schemas.errors import NothingToLearnError


class Notes:
    """Takes a given approach, and notes what it is asked and taught."""

    def __init__(self, approach: str | None) -> None:
        self.approach = approach
        self.advised_on: list[str] = []
        self.taught: list[str] = []

    def choose(self, case: Case) -> Decision:
        self.advised_on.append(case.problem)
        return Decision(self.approach)

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        self.taught.append(case.problem)


class LastOnly:
    """Repeats the last approach that succeeded, whatever it knew before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._last = rng, ""

    def choose(self, case: Case) -> Decision:
        return Decision(self._last or str(self._rng.choice(case.approaches)))

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        if outcome.success:
            self._last = approach
        elif approach == self._last:
            self._last = ""


def solved_by(good: str, problems: int, name: str) -> World:
    """A world of one kind in which one approach always works and nothing else does."""
    outcomes = np.tile(
        np.array([float(approach == good) for approach in APPROACHES]), (problems, 1)
    )
    table = OutcomeTable(
        tuple(f"{name} {n}" for n in range(problems)),
        (name,) * problems,
        APPROACHES,
        outcomes,
    )
    rows = np.tile(np.eye(16, dtype=np.float32)[len(name)], (problems, 1))
    return World(table, rows, outcomes)


def played(first: World, second: World, policies: Sequence[Notes]) -> domains.Domains:
    waiting = iter(policies)
    return domains.play((first, second), {"it": lambda _: next(waiting)}, 1, 5)["it"]


def test_what_is_held_out_is_asked_twice_and_never_taught() -> None:
    first, second = solved_by("plan", 200, "a"), solved_by("react", 60, "bb")
    policy, fresh = Notes("plan"), Notes("plan")
    got = played(first, second, [policy, fresh])
    held_out = set(first.table.problems) - set(policy.taught)
    assert len(held_out) == pytest.approx(50, abs=20)
    assert all(policy.advised_on.count(problem) == 2 for problem in held_out)
    assert set(policy.taught) | held_out == {
        *first.table.problems,
        *second.table.problems,
    }
    assert fresh.taught == policy.taught[-60:]
    assert (got.before, got.after) == (1.0, 1.0) and not got.carried.any()


def test_who_abstains_gets_what_the_offered_get_on_average() -> None:
    first, second = solved_by("plan", 100, "a"), solved_by("react", 60, "bb")
    got = played(first, second, [Notes(None), Notes(None)])
    assert got.before == got.after == pytest.approx(1 / 3)
    assert (got.carried == got.scratch).all()


def test_orders_hold_out_and_come_differently_and_the_same_seed_the_same() -> None:
    worlds = world(100), world(60, 2)
    notes = [Notes("plan") for _ in range(8)]
    waiting = iter(notes)
    for _ in range(2):
        domains.play(worlds, {"it": lambda _: next(waiting)}, 2, 5)
    taught = [each.taught for each in notes]
    assert taught[:4] == taught[4:]
    assert set(taught[0]) != set(taught[2]) and taught[1] != taught[3]


def test_forgetting_is_seen() -> None:
    worlds = solved_by("plan", 100, "a"), solved_by("react", 60, "bb")
    got = domains.play(worlds, {"it": LastOnly}, 3, 0)["it"]
    line = domains.score(got)
    assert line.forgotten.first > 0.9 and line.forgotten.second < 0.1
    assert line.forgotten.difference > 0.9 and line.forgotten.ci95[0] > 0.9


def test_what_carries_over_is_seen_and_so_is_what_misleads() -> None:
    def transfer(second: World) -> domains.Compared:
        worlds = solved_by("plan", 100, "a"), second
        new_policy = {"it": lambda rng: Thompson(rng, by_type=False)}
        return domains.score(domains.play(worlds, new_policy, 4, 0)["it"]).start

    assert transfer(solved_by("plan", 60, "bb")).ci95[0] > 0
    assert transfer(solved_by("react", 60, "bb")).ci95[1] < 0


def test_the_advisor_keeps_what_it_learned_of_another_kind() -> None:
    worlds = solved_by("plan", 100, "a"), solved_by("react", 60, "bb")
    new_policy = {"it": policies(16)["pilotfish fast"]}
    line = domains.score(domains.play(worlds, new_policy, 2, 0)["it"])
    assert line.forgotten.first > 0.9 and abs(line.forgotten.difference) < 0.02


def test_the_start_is_a_fifth_of_the_second_domain() -> None:
    carried = np.repeat([[1.0, 0.0]], 50, 1).reshape(1, 100)
    scratch = np.zeros((1, 100))
    line = domains.score(domains.Domains(np.ones(1), np.ones(1), carried, scratch))
    assert line.start == domains.Compared(1.0, 0.0, 1.0, (1.0, 1.0))
    assert line.whole.difference == 0.5


def test_a_domain_of_few_problems_is_refused() -> None:
    with pytest.raises(NothingToLearnError, match="a domain of 20 different problems"):
        domains.play((world(60), world(20)), policies(16), 1, 0)
