import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from pilotfish.advisors.regression import Regression

WIDTH, SCALE = 4, 0.5


def rows(seed: int, count: int) -> list[tuple[np.ndarray, float, float]]:
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=WIDTH), float(rng.normal()), float(rng.uniform(0.2, 5)))
        for _ in range(count)
    ]


def taught(learned: list[tuple[np.ndarray, float, float]]) -> Regression:
    regression = Regression.prior(WIDTH, SCALE)
    for features, target, precision in learned:
        regression.learn(features, target, precision)
    return regression


def assert_same(first: Regression, other: Regression, within: float = 1e-9) -> None:
    np.testing.assert_allclose(first.mean, other.mean, atol=within)
    np.testing.assert_allclose(first.covariance, other.covariance, atol=within)
    np.testing.assert_allclose(first.record, other.record, atol=1e-6)


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_it_is_the_closed_form(seed: int, count: int) -> None:
    learned = rows(seed, count)
    features = np.stack([row[0] for row in learned])
    targets = np.array([row[1] for row in learned])
    noise = np.diag([1 / row[2] for row in learned])
    weighted = features.T @ np.linalg.inv(noise)
    covariance = np.linalg.inv(np.eye(WIDTH) / SCALE + weighted @ features)
    expected = multivariate_normal.logpdf(
        targets,
        cov=SCALE * features @ features.T + noise,  # pyright: ignore[reportArgumentType]
    )
    regression = taught(learned)
    np.testing.assert_allclose(regression.covariance, covariance, atol=1e-9)
    np.testing.assert_allclose(
        regression.mean, covariance @ weighted @ targets, atol=1e-8
    )
    rows_learned, volume, misfit = regression.record
    constant = count * np.log(2 * np.pi) + np.log(np.diag(noise)).sum()
    assert rows_learned == count
    assert -(constant + volume + misfit) / 2 == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 10**6), st.permutations(range(8)))
def test_order_does_not_matter(seed: int, order: list[int]) -> None:
    learned = rows(seed, 8)
    assert_same(taught(learned), taught([learned[place] for place in order]))


@given(st.integers(0, 10**6), st.integers(0, 7), st.floats(-2, 2))
def test_a_revised_row_was_never_another(seed: int, place: int, new: float) -> None:
    learned = rows(seed, 8)
    revised = taught(learned)
    features, old, precision = learned[place]
    revised.revise(features, old, new, precision)
    learned[place] = (features, new, precision)
    assert_same(revised, taught(learned))


def test_ten_thousand_rows_keep_the_covariance_sound() -> None:
    rng = np.random.default_rng(0)
    width = 48
    features = rng.normal(size=(10_000, width)) + 3.0
    regression = Regression.prior(width, 1.0)
    for row in features:
        regression.learn(row, float(row[0] > 3), 5.0)
    exact = np.linalg.inv(np.eye(width) + 5.0 * features.T @ features)
    np.testing.assert_allclose(regression.covariance, exact, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(regression.covariance, regression.covariance.T)
    assert np.linalg.eigvalsh(regression.covariance).min() > 0
