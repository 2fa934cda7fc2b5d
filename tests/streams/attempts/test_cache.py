from hypothesis import given
from hypothesis import strategies as st

from pilotfish.streams.attempts.cache import BoundedCache, Cell, WorkerCache
from pilotfish.streams.attempts.windows import Counts, Delta, Segment, Window

WINDOW = Window("acme", 60, 7200, 0)
SEGMENT = Segment("sql", "plan")


def unit_size(_value: int) -> int:
    return 1


def test_the_least_recently_used_value_is_evicted_first() -> None:
    cache: BoundedCache[str, int] = BoundedCache(unit_size, 2)
    for key in "abc":
        cache.put(key, 0)
    cache.settle(["a", "b", "c", "a"])
    assert "b" not in cache and "a" in cache and "c" in cache


def test_values_that_grew_are_measured_again() -> None:
    cache: BoundedCache[str, list[int]] = BoundedCache(len, 5)
    values: dict[str, list[int]] = {"a": [1], "b": [2]}
    for key, value in values.items():
        cache.put(key, value)
    cache.settle("ab")
    values["b"].extend([2] * 4)
    cache.settle("b")
    assert "a" not in cache and cache["b"] == [2] * 5


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=20))
def test_a_cache_never_keeps_more_than_its_limit(batches: list[list[int]]) -> None:
    cache: BoundedCache[int, int] = BoundedCache(unit_size, 3)
    for batch in batches:
        for key in batch:
            if key not in cache:
                cache.put(key, key)
        cache.settle(batch)
        assert sum(key in cache for key in range(10)) <= 3


def test_a_change_counts_once_however_often_it_is_replayed() -> None:
    cache = WorkerCache()
    cache.windows.put(WINDOW, {})
    change = Delta(WINDOW, SEGMENT, Counts(1, 1))
    assert cache.count(change, 7)
    assert not cache.count(change, 7) and not cache.count(change, 3)
    assert cache.count(change, 8)
    assert cache.windows[WINDOW][SEGMENT] == Cell(Counts(2, 2), 8)


def test_changes_that_clickhouse_has_counted_are_not_counted_again() -> None:
    cache = WorkerCache()
    cache.windows.put(WINDOW, {SEGMENT: Cell(Counts(5), 10)})
    assert not cache.count(Delta(WINDOW, SEGMENT, Counts(1)), 10)
    assert cache.count(Delta(WINDOW, SEGMENT, Counts(1)), 11)
    assert cache.windows[WINDOW][SEGMENT] == Cell(Counts(6), 11)
