"""Halves: by whole types, about equal, and the same for the same seed."""

import numpy as np
import pytest
from support.advice.worlds import world

from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.evaluation.protocols.halves import halves
from pilotfish.schemas.errors import NothingToLearnError


def of_kinds(kinds: int, problems: int = 300) -> World:
    made = world(problems)
    drawn = np.random.default_rng(0).zipf(1.5, problems) % kinds
    table = OutcomeTable(
        made.table.problems,
        tuple(f"k{kind}" for kind in drawn),
        made.table.approaches,
        made.table.outcomes,
    )
    return World(table, made.embeddings, 1 - made.labels)


@pytest.mark.parametrize("kinds", [2, 3, 12])
def test_no_type_is_in_both_and_no_problem_is_lost(kinds: int) -> None:
    whole = of_kinds(kinds)
    first, second = halves(whole, 3)
    assert not set(first.table.kinds) & set(second.table.kinds)
    both = first.table.problems + second.table.problems
    assert sorted(both) == sorted(whole.table.problems)
    largest = max(whole.table.kinds.count(kind) for kind in whole.table.kinds)
    assert abs(len(first.table.problems) - len(second.table.problems)) <= largest


def test_a_problem_keeps_its_embedding_its_outcomes_and_what_is_taught() -> None:
    whole = of_kinds(12)
    for half in halves(whole, 3):
        rows = [whole.table.problems.index(text) for text in half.table.problems]
        assert half.table.kinds == tuple(whole.table.kinds[row] for row in rows)
        assert (half.table.outcomes == whole.table.outcomes[rows]).all()
        assert (half.embeddings == whole.embeddings[rows]).all()
        assert (half.labels == whole.labels[rows]).all()


def test_the_seed_decides() -> None:
    whole = of_kinds(12)
    splits = [halves(whole, seed)[0].table.kinds for seed in (1, 1, 2, 3, 4)]
    assert splits[0] == splits[1]
    assert len(set(splits)) > 1


def test_one_type_makes_no_two_domains() -> None:
    with pytest.raises(NothingToLearnError, match="all problems are of one type"):
        halves(of_kinds(1), 0)
