import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotfish.advisors.features import (
    MEANING_WIDTH,
    PLAIN_WIDTH,
    by_meaning,
    plain,
    waves,
)


def unit(seed: int, dim: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=dim)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


@settings(deadline=None)  # the frequencies of a length are drawn at first use
@given(st.integers(0, 10**6), st.sampled_from([6, 64, 384, 576]), st.text())
def test_features_have_their_width_and_are_the_same_each_time(
    seed: int, dim: int, problem_type: str
) -> None:
    features = by_meaning(waves(unit(seed, dim)), problem_type, 0.5)
    assert features.shape == (MEANING_WIDTH,)
    assert plain(problem_type).shape == (PLAIN_WIDTH,)
    again = by_meaning(waves(unit(seed, dim)), problem_type, 0.5)
    np.testing.assert_array_equal(features, again)


def test_the_nearer_two_texts_the_more_they_tell_of_one_another() -> None:
    start, other = unit(1, 384), unit(2, 384)
    steps = [start + share * (other - start) for share in (0.0, 0.2, 0.4, 0.7, 1.0)]
    units = [np.asarray(step / np.linalg.norm(step), np.float32) for step in steps]
    products = [float(waves(start) @ waves(other)) for other in units]
    assert products == sorted(products, reverse=True)
    assert products[0] - products[-1] > 0.4


def test_attempts_of_one_type_are_nearer_than_those_of_two() -> None:
    assert plain("sql") @ plain("sql") > plain("sql") @ plain("x")
    gaps = []
    for seed in range(40):
        first, other = waves(unit(seed, 384)), waves(unit(seed + 100, 384))
        views = [by_meaning(other, kind, 0.12) for kind in ("sql", "x")]
        same, different = (by_meaning(first, "sql", 0.12) @ view for view in views)
        gaps.append(same - different)
    assert np.mean(gaps) > 0.001
