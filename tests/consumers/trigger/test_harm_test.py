import numpy as np
import pytest

from pilotfish.consumers.trigger.harm_test import LEAST, Counts, harm_test


def withdrawn_at(
    seed: int, hinted: float, unhinted: float, holdout: float, attempts: int
) -> int | None:
    """Test after every tenth attempt; return after how many hints were withdrawn."""
    rng = np.random.default_rng(seed)
    held = rng.random(attempts) < holdout
    solved = rng.random(attempts) < np.where(held, unhinted, hinted)
    sides = [(~held).cumsum(), (~held & solved).cumsum()]
    sides += [held.cumsum(), (held & solved).cumsum()]
    for last in range(9, attempts, 10):
        if harm_test(Counts(*(int(side[last]) for side in sides))):
            return last + 1
    return None


@pytest.mark.parametrize(
    ("rate", "holdout"), [(0.1, 0.05), (0.5, 0.05), (0.3, 0.2), (0.9, 0.2)]
)
def test_hints_that_do_no_harm_are_hardly_ever_withdrawn(
    rate: float, holdout: float
) -> None:
    ends = [withdrawn_at(seed, rate, rate, holdout, 3000) for seed in range(200)]
    # One in twenty is the promise; three standard deviations more would be 19.
    assert sum(end is not None for end in ends) <= 19


@pytest.mark.parametrize(("holdout", "median"), [(0.05, 1000), (0.2, 300)])
def test_harmful_hints_are_withdrawn_soon(holdout: float, median: int) -> None:
    ends = [withdrawn_at(seed, 0.3, 0.5, holdout, 5000) for seed in range(100)]
    times = [end for end in ends if end is not None]
    assert len(times) >= 95
    assert np.median(times) <= median


def test_the_reason_is_in_words() -> None:
    reason = harm_test(Counts(300, 90, 40, 28))
    assert reason == (
        "hinted 30.0 % of 300, unhinted 70.0 % of 40: worse with confidence"
    )


@pytest.mark.parametrize(
    "counts",
    [
        Counts(0, 0, 0, 0),
        Counts(1000, 0, LEAST - 1, LEAST - 1),
        Counts(300, 240, 40, 16),
        Counts(300, 0, 40, 0),
        Counts(300, 300, 40, 40),
        Counts(100_000, 100_000, 100_000, 0),
    ],
)
def test_few_attempts_or_helpful_hints_show_no_harm(counts: Counts) -> None:
    assert harm_test(counts) == ""
