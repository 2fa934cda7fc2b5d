import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pilotfish.strategies.wilson import newcombe, wilson

Z = 1.959963984540054


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_is_wilson_s(counts: tuple[int, int]) -> None:
    successes, of = counts
    expected = binomtest(successes, of).proportion_ci(0.95, "wilson")
    found = wilson(successes, of, Z)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_difference_is_newcombe_s() -> None:
    """The example of his table II: 56 of 70 against 48 of 80."""
    assert newcombe((56, 70), (48, 80), Z) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@given(
    st.integers(1, 99).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(1, 99).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)
def test_the_difference_lies_inside_and_turns_round(
    own: tuple[int, int], others: tuple[int, int]
) -> None:
    low, high = newcombe(own, others, Z)
    assert low <= own[0] / own[1] - others[0] / others[1] <= high
    assert newcombe(others, own, Z) == pytest.approx((-high, -low))
