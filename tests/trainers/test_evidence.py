import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.trainers.evidence import ALPHA, allowed, p_value

Draw = Callable[[np.random.Generator, int], np.ndarray]

NULLS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tails": lambda rng, n: rng.standard_t(2, n),
    "no mean at all": lambda rng, n: rng.standard_cauchy(n),
    "mostly equal": lambda rng, n: rng.choice([-1.0, 1.0], n) * (rng.random(n) < 0.1),
}


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("problems", [20, 155])
def test_without_a_gain_small_p_values_are_rare(name: str, problems: int) -> None:
    rng = np.random.default_rng(0)
    values = [p_value(NULLS[name](rng, problems)) for _ in range(4000)]
    for most in (0.05, 0.01):
        # Three standard deviations above what is allowed.
        limit = most + 3 * math.sqrt(most / len(values))
        assert np.mean(np.array(values) <= most) < limit


def test_rare_large_losses_that_were_not_drawn_are_considered() -> None:
    # The mean is 0, and Student's t would say 0.01 in 2.1 % of the draws.
    rng = np.random.default_rng(0)
    values = [p_value(1 - rng.exponential(size=155)) for _ in range(4000)]
    assert np.mean(np.array(values) <= 0.01) < 0.0125


@pytest.mark.parametrize("problems", [20, 155, 1500])
def test_certain_gains_have_tiny_p_values(problems: int) -> None:
    # 20 equal signs have a chance of 1e-6, the least for any test of symmetric gains.
    assert p_value(np.full(problems, 0.02)) < 2e-5
    noisy = np.random.default_rng(1).normal(0.02, 0.005, problems)
    assert p_value(noisy) < 1e-4
    assert p_value(np.append(np.zeros(60), np.full(60, 0.02))) < 1e-6


def test_gains_as_measured_pass_the_first_look() -> None:
    # 155 problems, 0.03 nats, a mean of 3.4 standard errors.
    gains = np.random.default_rng(2).normal(0, 0.109, 155)
    gains += 0.03 - gains.mean()
    assert p_value(gains) < allowed(1)


@given(gains=st.lists(st.floats(-4, 4), min_size=2, max_size=50))
def test_a_p_value_is_a_probability_and_only_one_side_can_be_significant(
    gains: list[float],
) -> None:
    both = p_value(np.array(gains)), p_value(-np.array(gains))
    assert all(0 <= p <= 1 for p in both)
    assert max(both) == 1


def test_one_problem_that_gains_much_is_no_evidence() -> None:
    assert p_value(np.append(np.zeros(99), 4.0)) > 0.4


def test_all_looks_together_may_err_as_often_as_one_test() -> None:
    shares = [allowed(look) for look in range(1, 100_000)]
    assert shares == sorted(shares, reverse=True)
    assert ALPHA - 1e-5 < sum(shares) < ALPHA
