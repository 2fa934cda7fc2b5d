from hypothesis import given
from hypothesis import strategies as st

from pilotfish.demo.tally import Attempted, Tally, hinted_share, lift


def attempted(
    number: int, *, success: bool, holdout: bool = False, hinted: bool = False
) -> Attempted:
    return Attempted(number, "family", False, "plan", hinted, holdout, success, 1.0)


def block(start: int, n: int, successes: int, **kind: bool) -> list[Attempted]:
    return [attempted(start + i, success=i < successes, **kind) for i in range(n)]


def test_lift_is_the_ratio_of_the_two_rates() -> None:
    result = lift(block(0, 200, 120) + block(200, 100, 30, holdout=True), seed=1)
    assert result.advised == 0.6
    assert result.unadvised == 0.3
    assert result.relative is not None and abs(result.relative - 1.0) < 1e-9
    assert result.ci95 is not None and 0 < result.ci95[0] < 1.0 < result.ci95[1]


def test_equal_rates_have_an_interval_around_zero() -> None:
    result = lift(block(0, 300, 90) + block(300, 100, 30, holdout=True), seed=1)
    assert result.ci95 is not None and result.ci95[0] < 0 < result.ci95[1]


def test_without_a_holdout_there_is_no_lift() -> None:
    assert lift(block(0, 10, 5), seed=1).relative is None


def test_a_holdout_that_never_succeeded_gives_no_ratio() -> None:
    result = lift(block(0, 10, 5) + block(10, 10, 0, holdout=True), seed=1)
    assert result.relative is None


def test_an_attempt_that_got_no_hint_stays_in_the_advised_arm() -> None:
    """Only the easy half was hinted; leaving the rest out would flatter advice."""
    easy, hard = block(0, 50, 50, hinted=True), block(50, 50, 0)
    result = lift(easy + hard + block(100, 100, 50, holdout=True), seed=1)
    assert result.n_advised == 100
    assert result.relative == 0
    assert hinted_share(easy + hard) == 0.5


def test_the_holdout_does_not_count_into_the_hinted_share() -> None:
    attempts = block(0, 4, 2, hinted=True) + block(4, 4, 2, holdout=True)
    assert hinted_share(attempts) == 1
    assert hinted_share(block(0, 4, 2, holdout=True)) is None


def test_rates_are_of_the_newest_sixth_of_the_plan() -> None:
    tally = Tally(60, [*block(0, 50, 0), *block(50, 10, 10)])
    assert tally.rate(advised=True) == 1
    assert tally.rate(advised=False) is None


def test_the_last_third_goes_by_number_not_by_the_order_of_ending() -> None:
    tally = Tally(9, list(reversed(block(0, 9, 9))))
    assert sorted(a.number for a in tally.last_third()) == [6, 7, 8]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=200))
def test_the_curve_ends_at_the_newest_attempt(kinds: list[tuple[bool, bool]]) -> None:
    tally = Tally(
        max(1, len(kinds)),
        [
            attempted(i, success=success, holdout=holdout)
            for i, (success, holdout) in enumerate(kinds)
        ],
    )
    curve = tally.curve()
    assert not kinds or curve[-1][0] == len(kinds)
    assert [point[0] for point in curve] == sorted({point[0] for point in curve})
    for _, advised, holdout in curve:
        assert all(rate is None or 0 <= rate <= 1 for rate in (advised, holdout))
