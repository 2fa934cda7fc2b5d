from hypothesis import given
from hypothesis import strategies as st

from pilotfish.streams.attempts.cache import Cell, Recent, WorkerCache
from pilotfish.streams.attempts.windows import Counts, Delta, Kind, Page

PAGE = Page("acme", 60, 7200, 0)
KIND = Kind("sql", "plan")


def one(_value: int) -> int:
    return 1


def test_the_longest_unused_is_forgotten_first() -> None:
    recent: Recent[str, int] = Recent(one, 2)
    for key in "abc":
        recent.put(key, 0)
    recent.settle(["a", "b", "c", "a"])
    assert "b" not in recent and "a" in recent and "c" in recent


def test_values_that_grew_are_measured_anew() -> None:
    recent: Recent[str, list[int]] = Recent(len, 5)
    values: dict[str, list[int]] = {"a": [1], "b": [2]}
    for key, value in values.items():
        recent.put(key, value)
    recent.settle("ab")
    values["b"].extend([2] * 4)
    recent.settle("b")
    assert "a" not in recent and recent["b"] == [2] * 5


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=20))
def test_it_never_keeps_more_than_its_bound(batches: list[list[int]]) -> None:
    recent: Recent[int, int] = Recent(one, 3)
    for batch in batches:
        for key in batch:
            if key not in recent:
                recent.put(key, key)
        recent.settle(batch)
        assert sum(key in recent for key in range(10)) <= 3


def test_a_change_counts_once_however_often_it_is_replayed() -> None:
    cache = WorkerCache()
    cache.pages.put(PAGE, {})
    change = Delta(PAGE, KIND, Counts(1, 1))
    assert cache.count(change, 7)
    assert not cache.count(change, 7) and not cache.count(change, 3)
    assert cache.count(change, 8)
    assert cache.pages[PAGE][KIND] == Cell(Counts(2, 2), 8)


def test_what_clickhouse_has_counted_already_is_not_counted_again() -> None:
    cache = WorkerCache()
    cache.pages.put(PAGE, {KIND: Cell(Counts(5), 10)})
    assert not cache.count(Delta(PAGE, KIND, Counts(1)), 10)
    assert cache.count(Delta(PAGE, KIND, Counts(1)), 11)
    assert cache.pages[PAGE][KIND] == Cell(Counts(6), 11)
