"""Next moves: named where they are surely better, and hardly ever where none is."""

import numpy as np
import pytest

from pilotfish.advisors.next_choice import ENOUGH, gain, next_move
from pilotfish.advisors.records import Record

BEGUN = ("sql:select",)
SCHEMA, SHOW = "sql:describe", "sql:show"


def chosen(**records: tuple[int, float]) -> str | None:
    given = {
        move.replace("_", ":"): Record(*counts) for move, counts in records.items()
    }
    return next_move("sql", BEGUN, given).chosen


def test_a_move_that_is_surely_better_is_chosen() -> None:
    records = {SCHEMA: Record(30, 22.0), SHOW: Record(25, 5.0), "": Record(15, 4.0)}
    answer = next_move("sql", BEGUN, records)
    assert answer.chosen == SCHEMA
    assert answer.otherwise == Record(40, 9.0)
    assert answer.all == Record(70, 31.0)


def test_of_several_the_one_that_succeeds_most_is_chosen() -> None:
    many = {"sql_show": (60, 50.0), "sql_describe": (60, 55.0), "guess": (200, 20.0)}
    assert chosen(**many) == SCHEMA


def test_few_attempts_on_either_side_say_nothing() -> None:
    assert chosen(sql_describe=(ENOUGH, ENOUGH), guess=(ENOUGH, 0.0)) == SCHEMA
    assert chosen(sql_describe=(ENOUGH - 1, ENOUGH - 1), guess=(90, 0.0)) is None
    assert chosen(sql_describe=(90, 90.0), guess=(ENOUGH - 1, 0.0)) is None
    assert chosen() is None


@pytest.mark.parametrize("end", ["answer", "submit", "ic_sql_submit", "finish"])
def test_to_end_is_never_advised(end: str) -> None:
    assert chosen(**{end: (90, 90.0)}, guess=(90, 0.0)) is None


def test_a_small_lead_is_none() -> None:
    assert chosen(sql_describe=(30, 18.0), guess=(40, 20.0)) is None


def test_the_interval_is_newcombe_s() -> None:
    """The example of his table II: 56 of 70 against 48 of 80."""
    low, high = gain(Record(70, 56.0), Record(80, 48.0), 0.05)
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=0.0001)


def test_where_no_move_is_better_hardly_any_is_named() -> None:
    """At most in a twentieth, however many moves are compared."""
    rng = np.random.default_rng(0)
    named = 0
    for _ in range(400):
        sizes = rng.integers(ENOUGH, 80, 8)
        records = {
            f"move-{n}": Record(int(size), float(rng.binomial(size, 0.4)))
            for n, size in enumerate(sizes)
        }
        named += next_move("sql", BEGUN, records).chosen is not None
    assert named <= 0.05 * 400
