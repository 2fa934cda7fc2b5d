from hypothesis import given
from hypothesis import strategies as st

from pilotfish.demo.tally import Attempted, Tally, lift


def attempted(
    number: int, *, success: bool, advised: bool = False, holdout: bool = False
) -> Attempted:
    return Attempted(number, "family", False, "plan", advised, holdout, success, 1.0)


def block(start: int, n: int, successes: int, **kind: bool) -> list[Attempted]:
    return [attempted(start + i, success=i < successes, **kind) for i in range(n)]


def test_lift_is_the_ratio_of_the_two_rates() -> None:
    found = lift(
        block(0, 200, 120, advised=True) + block(200, 100, 30, holdout=True), seed=1
    )
    assert found.advised == 0.6
    assert found.unadvised == 0.3
    assert found.relative is not None and abs(found.relative - 1.0) < 1e-9
    assert found.ci95 is not None and 0 < found.ci95[0] < 1.0 < found.ci95[1]


def test_equal_rates_have_an_interval_around_zero() -> None:
    found = lift(
        block(0, 300, 90, advised=True) + block(300, 100, 30, holdout=True), seed=1
    )
    assert found.ci95 is not None and found.ci95[0] < 0 < found.ci95[1]


def test_without_a_holdout_there_is_no_lift() -> None:
    assert lift(block(0, 10, 5, advised=True), seed=1).relative is None


def test_a_holdout_that_never_succeeded_gives_no_ratio() -> None:
    found = lift(block(0, 10, 5, advised=True) + block(10, 10, 0, holdout=True), seed=1)
    assert found.relative is None


def test_attempts_that_were_neither_count_in_no_rate() -> None:
    tally = Tally(3, [attempted(i, success=True) for i in range(3)])
    assert tally.rate(advised=True) is None
    assert tally.rate(advised=False) is None


def test_the_last_third_goes_by_number_not_by_the_order_of_ending() -> None:
    tally = Tally(9, list(reversed(block(0, 9, 9, advised=True))))
    assert sorted(a.number for a in tally.last_third()) == [6, 7, 8]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=200))
def test_the_curve_covers_every_attempt_once(kinds: list[tuple[bool, bool]]) -> None:
    tally = Tally(
        max(1, len(kinds)),
        [
            attempted(i, success=success, advised=advised, holdout=not advised)
            for i, (success, advised) in enumerate(kinds)
        ],
    )
    curve = tally.curve()
    assert not kinds or curve[-1][0] == len(kinds)
    for _, advised_rate, holdout_rate in curve:
        assert all(r is None or 0 <= r <= 1 for r in (advised_rate, holdout_rate))
