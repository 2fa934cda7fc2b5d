import pytest

from pilotfish.web.console.comparison import Comparison, Share


def compared(advised: tuple[int, int], holdout: tuple[int, int]) -> Comparison:
    return Comparison(Share(*advised), Share(*holdout))


def test_the_counts_of_a_row_are_those_of_both_sides() -> None:
    row = {"advised": 9, "advised_won": 6, "holdout": 4, "holdout_won": 1}
    assert Comparison.of(row) == compared((6, 9), (1, 4))
    assert Comparison.of(row).lift == pytest.approx(6 / 9 - 1 / 4)


@pytest.mark.parametrize(
    ("advised", "holdout", "verdict"),
    [
        ((90, 100), (20, 50), "helps"),
        ((20, 100), (40, 50), "hurts"),
        ((50, 100), (24, 50), "unsure"),
        ((50, 100), (0, 0), "unknown"),
        ((0, 0), (5, 9), "unknown"),
    ],
)
def test_the_verdict_is_that_of_the_interval(
    advised: tuple[int, int], holdout: tuple[int, int], verdict: str
) -> None:
    assert compared(advised, holdout).verdict == verdict


def test_without_attempts_there_is_no_rate() -> None:
    assert Share(0, 0).rate is None
    assert Share(0, 0).interval is None
    assert Share(9, 9).interval == pytest.approx((0.70, 1.0), abs=0.01)
