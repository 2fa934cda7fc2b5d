import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pilotfish.strategies.wilson import wilson

Z = 1.959963984540054


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_it_is_wilson_s(counts: tuple[int, int]) -> None:
    successes, of = counts
    expected = binomtest(successes, of).proportion_ci(0.95, "wilson")
    found = wilson(successes, of, Z)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)
