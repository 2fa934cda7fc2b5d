"""Counts of next moves: of each beginning, taken back to the last one, and bounded."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors import next_moves
from pilotfish.advisors.next_moves import NO_OTHER, NextMoves
from pilotfish.advisors.records import Record
from pilotfish.strategies.patterns import LENGTH, pattern_of

moves = st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True).map(tuple)
attempts = st.lists(
    st.tuples(st.sampled_from("xy"), moves, st.sampled_from([0.0, 1.0]))
)


def test_an_attempt_counts_for_each_of_its_beginnings() -> None:
    counted = NextMoves()
    counted.count("sql", ("show", "select"), 1.0)
    counted.count("sql", ("show",), 0.0)
    counted.count("logic", ("show", "guess"), 0.0)
    assert counted.after("sql", ()) == {"show": Record(2, 1.0)}
    assert counted.after("sql", ("show",)) == {
        "select": Record(1, 1.0),
        NO_OTHER: Record(1, 0.0),
    }
    assert counted.after("sql", ("show", "select")) == {NO_OTHER: Record(1, 1.0)}
    assert counted.after("sql", ("select",)) == {}


def test_only_early_decisions_count() -> None:
    counted = NextMoves()
    long = tuple("abcdefgh")
    counted.count("sql", long, 1.0)
    assert counted.after("sql", long[: LENGTH - 1]) == {
        long[LENGTH - 1]: Record(1, 1.0)
    }
    assert counted.after("sql", long[:LENGTH]) == {}


@given(attempts)
def test_after_a_beginning_come_all_that_began_so(
    drawn: list[tuple[str, tuple[str, ...], float]],
) -> None:
    counted = NextMoves()
    for attempt in drawn:
        counted.count(*attempt)
    begun = Counter(
        (kind, pattern_of(own)[:place])
        for kind, own, _ in drawn
        for place in range(min(len(own) + 1, LENGTH))
    )
    for (kind, beginning), number in begun.items():
        records = counted.after(kind, beginning)
        assert sum(record.attempts for record in records.values()) == number


@given(attempts)
def test_what_is_taken_back_leaves_nothing(
    drawn: list[tuple[str, tuple[str, ...], float]],
) -> None:
    counted = NextMoves()
    for times in (1, -1):
        for attempt in drawn:
            counted.count(*attempt, times)
    assert all(entry[3:] == (0, 0.0) for entry in counted.entries)


@given(attempts)
def test_they_are_restored(drawn: list[tuple[str, tuple[str, ...], float]]) -> None:
    counted = NextMoves()
    for attempt in drawn:
        counted.count(*attempt)
    restored = NextMoves.restored(counted.entries)
    restored.count("x", ("a", "b"), 1.0)
    counted.count("x", ("a", "b"), 1.0)
    assert restored.entries == counted.entries


def test_ever_new_moves_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_moves, "MOST", 10)
    counted = NextMoves()
    for number in range(100):
        counted.count("sql", (f"move-{number}",), 1.0)
    assert len(counted.entries) == 10
    counted.count("sql", ("move-0",), 0.0)
    assert counted.after("sql", ())["move-0"] == Record(2, 1.0)
    again = NextMoves.restored(counted.entries)
    again.count("sql", ("move-99",), 1.0)
    assert len(again.entries) == 10
