import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.costs import MOST, Costs

NAMES = st.sampled_from(["react", "plan", "direct"])
TYPES = st.sampled_from(["", "sql", "logic"])


def test_a_type_with_many_attempts_has_its_own_mean() -> None:
    costs = Costs()
    for _ in range(200):
        costs.learn("sql", "react", 4.0)
        costs.learn("logic", "react", 2.0)
    sql, logic = (costs.expected(kind, ["react"])[0] for kind in ("sql", "logic"))
    assert sql == pytest.approx(4, abs=0.05) and logic == pytest.approx(2, abs=0.05)
    assert costs.expected("", ["react"])[0] == pytest.approx(3)


def test_a_type_with_one_attempt_leans_on_all_of_the_approach() -> None:
    costs = Costs()
    for _ in range(50):
        costs.learn("sql", "react", 1.0)
    costs.learn("logic", "react", 100.0)
    assert costs.expected("logic", ["react"])[0] < 25


def test_what_was_never_tried_costs_what_the_others_do() -> None:
    costs = Costs()
    assert list(costs.expected("sql", ["react", "plan"])) == [0, 0]
    costs.learn("sql", "react", 3.0)
    assert list(costs.expected("sql", ["react", "plan"])) == [3, 3]


@given(st.lists(st.tuples(TYPES, NAMES, st.floats(0, 1e9)), max_size=50))
def test_restored_they_expect_the_same(learned: list[tuple[str, str, float]]) -> None:
    costs = Costs()
    for entry in learned:
        costs.learn(*entry)
    again = Costs.restored(costs.entries)
    for kind in ("", "sql", "logic", "never seen"):
        request = kind, ["react", "plan", "direct"]
        assert list(again.expected(*request)) == list(costs.expected(*request))


def test_types_beyond_the_bound_count_for_the_approach_alone() -> None:
    costs = Costs()
    for number in range(MOST + 10):
        costs.learn(f"type {number}", "react", 1.0)
    assert len(costs.entries) == MOST
    assert costs.expected("type never seen", ["react"])[0] == 1
