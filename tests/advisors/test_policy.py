import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.policy import (
    FLOOR,
    MAX_FLOORS,
    choose,
    fraction,
    in_holdout,
    propensities,
    unsure,
)
from pilotfish.schemas.ids import new_id

CHANCES = st.floats(0.01, 0.99)
SDS = st.floats(0.0, 1.5)
POSTERIORS = st.integers(1, 64).flatmap(
    lambda count: st.tuples(
        st.lists(CHANCES, min_size=count, max_size=count),
        st.lists(SDS, min_size=count, max_size=count),
    )
)


@given(POSTERIORS)
def test_propensities_are_a_distribution_with_a_floor(
    posterior: tuple[list[float], list[float]],
) -> None:
    shares = propensities(*posterior)
    assert abs(shares.sum() - 1) < 1e-9
    floor = min(FLOOR, MAX_FLOORS / len(shares))
    assert shares.min() >= floor - 1e-9


@given(st.lists(CHANCES, min_size=2, max_size=12), st.floats(0.01, 1.0))
def test_of_equally_certain_approaches_the_better_one_is_drawn_more(
    means: list[float], sd: float
) -> None:
    shares = propensities(means, [sd] * len(means))
    for mean, share in zip(means, shares, strict=True):
        for other, other_share in zip(means, shares, strict=True):
            if mean > other + 0.01:
                assert share >= other_share - 1e-6


@given(POSTERIORS, st.text(max_size=40))
def test_the_same_seed_gives_the_same_choice(
    posterior: tuple[list[float], list[float]], seed: str
) -> None:
    assert choose(*posterior, seed) == choose(*posterior, seed)


def test_it_draws_as_often_as_it_says() -> None:
    means, sds = [0.8, 0.6, 0.3], [0.1, 0.1, 0.1]
    chosen = [choose(means, sds, new_id()).chosen for _ in range(4000)]
    said = choose(means, sds, "any").propensities
    for candidate, share in enumerate(said):
        seen = sum(choice == candidate for choice in chosen) / len(chosen)
        assert (
            abs(seen - share) < 4 * math.sqrt(share * (1 - share) / len(chosen)) + 1e-3
        )


def test_propensities_are_those_of_thompson_sampling() -> None:
    rng = np.random.default_rng(7)
    means, sds = rng.random(5), 0.05 + 0.3 * rng.random(5)
    draws = means + sds * rng.standard_normal((200_000, 5))
    sampled = np.bincount(draws.argmax(1), minlength=5) / len(draws)
    expected = FLOOR + (1 - 5 * FLOOR) * sampled
    np.testing.assert_allclose(
        propensities(means.tolist(), sds.tolist()), expected, atol=0.01
    )


def test_nothing_is_chosen_where_nothing_is_known_or_nothing_differs() -> None:
    assert unsure([0.5, 0.5, 0.5], [1.0, 1.0, 1.0])
    assert unsure([0.71, 0.70], [0.001, 0.001])
    assert unsure([0.9], [0.01])
    assert choose([0.9], [0.01], "x").propensities == (1.0,)
    assert not unsure([0.9, 0.2, 0.3], [0.1, 0.1, 0.1])


@given(st.floats(0, 1))
def test_the_holdout_has_its_share(share: float) -> None:
    held = sum(in_holdout(f"request-{number}", share) for number in range(2000))
    assert abs(held - 2000 * share) <= 4 * math.sqrt(2000 * share * (1 - share)) + 30
    assert in_holdout("request-1", share) == (fraction("holdout", "request-1") < share)


def test_choice_and_holdout_are_independent() -> None:
    ids = [f"request-{number}" for number in range(4000)]
    pairs = np.array([(fraction("holdout", i), fraction("choice", i)) for i in ids])
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.06
