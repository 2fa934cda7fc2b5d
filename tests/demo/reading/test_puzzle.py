from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.demo.approaches import constraint_programming, enumeration, smt
from pilotfish.demo.reading.puzzle import (
    AllDifferent,
    Constraint,
    Formula,
    Linear,
    Puzzle,
    holds,
)

NAMES = ("a", "b", "c")
LINEAR = st.builds(
    lambda factors, relation, bound: Linear(
        tuple(zip(factors, NAMES, strict=True)), relation, bound
    ),
    st.tuples(*[st.integers(-3, 3)] * 3),
    st.sampled_from(["==", "!=", "<=", ">="]),
    st.integers(-6, 6),
)
FORMULA = st.builds(
    lambda connective, left, right: Formula(
        connective, (left,) if connective == "not" else (left, right)
    ),
    st.sampled_from(["not", "and", "or", "implies", "iff"]),
    LINEAR,
    LINEAR,
)
CONSTRAINTS = st.lists(
    st.one_of(LINEAR, FORMULA, st.just(AllDifferent(NAMES))), min_size=1, max_size=3
)


@settings(max_examples=30, deadline=None)  # three solvers each time
@given(CONSTRAINTS)
def test_three_ways_of_solving_agree(constraints: list[Constraint]) -> None:
    puzzle = Puzzle(dict.fromkeys(NAMES, range(3)), tuple(constraints), str, count=True)
    counts = set()
    for solve in (constraint_programming, enumeration, smt):
        found = list(solve.solutions(puzzle))
        assert all(holds(c, solution) for c in constraints for solution in found)
        counts.add(len({tuple(sorted(solution.items())) for solution in found}))
    assert len(counts) == 1
