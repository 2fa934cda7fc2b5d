"""Every approach on real problems of the families it is meant to be good at."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pilotfish.demo import approaches
from pilotfish.demo.agent import APPROACHES, PortfolioAgent
from pilotfish.demo.approaches.moves import MOVES
from pilotfish.demo.problems import FAMILIES, problems_of
from pilotfish.demo.reading.text import NotApplicableError

EACH = 4
"""Problems of a family; one of them may be too hard."""

GOOD_AT: Mapping[str, list[str]] = {
    "constraint_programming": [
        "mini_sudoku",
        "sudoku",
        "n_queens",
        "futoshiki",
        "survo",
        "cryptarithm",
        "graph_color",
        "knights_knaves",
        "self_reference",
        "syllogism",
        "simple_equations",
        "course_schedule",
    ],
    "direct_evaluation": [
        "basic_arithmetic",
        "decimal_arithmetic",
        "complex_arithmetic",
        "chain_sum",
        "products",
        "bitwise_arithmetic",
        "base_conversion",
        "fraction_simplification",
        "gcd",
        "lcm",
        "calendar_arithmetic",
        "coin_flip",
    ],
    "dynamic_programming": [
        "prime_factorization",
        "count_primes",
        "coin_flip",
        "dice",
        "maze",
        "shortest_path",
        "puzzle24",
        "tower_of_hanoi",
        "course_schedule",
        "rotten_oranges",
        "binary_matrix",
        "palindrome_partitioning",
    ],
    "enumeration": [
        "fraction_simplification",
        "gcd",
        "lcm",
        "prime_factorization",
        "count_primes",
        "coin_flip",
        "dice",
        "knights_knaves",
        "propositional_logic",
        "self_reference",
        "mini_sudoku",
        "n_queens",
        "path_star",
        "puzzle24",
        "quantum_lock",
        "palindrome_generation",
        "caesar_cipher",
    ],
    "smt": [
        "polynomial_equations",
        "simple_equations",
        "knights_knaves",
        "propositional_logic",
        "self_reference",
        "sudoku",
        "futoshiki",
        "survo",
        "graph_color",
        "course_schedule",
    ],
    "state_search": [
        "jugs",
        "maze",
        "shortest_path",
        "path_star",
        "puzzle24",
        "quantum_lock",
        "rush_hour",
        "tower_of_hanoi",
        "rotten_oranges",
        "binary_matrix",
        "largest_island",
        "course_schedule",
    ],
    "string_manipulation": [
        "ab",
        "spell_backward",
        "word_sorting",
        "word_sequence_reversal",
        "letter_counting",
        "isomorphic_strings",
        "ransom_note",
        "string_insertion",
        "group_anagrams",
        "palindrome_generation",
        "number_filtering",
        "number_sorting",
    ],
    "symbolic_algebra": [
        "simple_equations",
        "polynomial_equations",
        "polynomial_multiplication",
        "simple_integration",
        "basic_arithmetic",
        "complex_arithmetic",
        "gcd",
        "prime_factorization",
    ],
}


@pytest.fixture(scope="module")
def portfolio() -> Iterator[PortfolioAgent]:
    with PortfolioAgent(workers=1, time_limit_s=5.0) as agent:
        yield agent


@pytest.mark.parametrize(
    ("approach", "family"),
    [(approach, family) for approach, good in GOOD_AT.items() for family in good],
)
def test_an_approach_solves_what_it_is_meant_for(
    portfolio: PortfolioAgent, approach: str, family: str
) -> None:
    solved = 0
    for problem in problems_of(family, EACH, seed=11):
        outcome = portfolio.solve(problem.text, approach)
        solved += outcome.answer is not None and problem.verify(outcome.answer)
        moves = {name for kind, name, _ in outcome.steps if kind == "action"}
        assert moves <= set(MOVES[approach])
    assert solved >= EACH - 1


@pytest.mark.parametrize("approach", sorted(APPROACHES))
def test_the_moves_of_an_approach_are_those_that_its_code_says(approach: str) -> None:
    source = (Path(approaches.__file__).parent / f"{approach}.py").read_text()
    assert set(re.findall(r'note\("(\w+)"\)', source)) == set(MOVES[approach])


def test_some_moves_are_shared_and_none_is_called_like_its_approach() -> None:
    counts = Counter(move for moves in MOVES.values() for move in moves)
    assert sum(count > 1 for count in counts.values()) >= 8
    assert not [a for a, moves in MOVES.items() for m in moves if m in a or a in m]


def test_every_approach_is_good_at_several_families_and_at_few_of_all() -> None:
    assert GOOD_AT.keys() == APPROACHES.keys()
    for families in GOOD_AT.values():
        assert 6 <= len(families) < len(FAMILIES) / 2


@pytest.mark.parametrize("approach", sorted(APPROACHES))
def test_an_approach_raises_where_it_does_not_apply(
    portfolio: PortfolioAgent, approach: str
) -> None:
    outcome = portfolio.solve("Which colour is the sky on a clear day?", approach)
    assert outcome.answer is None
    assert NotApplicableError.__name__ in outcome.error
