import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.streams.labels.dependence import (
    SIGNIFICANT,
    dependent_pairs,
    g_statistic,
)


def test_g_of_a_table_worked_out_by_hand() -> None:
    # 2 (30 ln(30/20) + 10 ln(10/20)) twice over
    assert g_statistic([30, 10, 10, 30]) == pytest.approx(20.93, abs=0.01)


@given(st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0.1, 10))
def test_independent_votes_have_no_g(a: float, b: float, ratio: float) -> None:
    assert g_statistic([a, b, ratio * a, ratio * b]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("table", [[0, 0, 0, 0], [7, 0, 0, 0], [3, 4, 0, 0]])
def test_a_source_that_votes_one_way_has_no_g(table: list[float]) -> None:
    assert g_statistic(table) == 0


def test_the_strongest_pairs_come_first_and_no_source_is_in_two() -> None:
    strong, weak = SIGNIFICANT + 2, SIGNIFICANT + 1
    assert dependent_pairs(
        [(weak, "a", "b"), (strong, "b", "c"), (weak, "d", "e")]
    ) == {
        "b": "c",
        "c": "b",
        "d": "e",
        "e": "d",
    }
    assert dependent_pairs([(SIGNIFICANT - 1, "a", "b")]) == {}
