import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pilotfish.advisors.kinds import MOST, Kinds

DIM = 16


def unit(seed: int, dim: int = DIM) -> NDArray[np.float32]:
    row = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return np.asarray(row / np.linalg.norm(row), np.float32)


def test_near_problems_are_of_one_kind_and_far_ones_are_not() -> None:
    kinds = Kinds(DIM)
    sorting, logic = np.eye(DIM, dtype=np.float32)[:2]
    kinds.learn(sorting, "sort")
    kinds.learn(logic, "who lies")
    near = (sorting + 0.3 * unit(1)).astype(np.float32)
    assert kinds.predict(near / np.linalg.norm(near)) == kinds.predict(sorting)
    assert kinds.predict(sorting) != kinds.predict(logic)


def test_what_is_like_nothing_seen_has_no_kind() -> None:
    kinds = Kinds(DIM)
    assert kinds.predict(unit(1)) == ""
    first, second = np.eye(DIM, dtype=np.float32)[:2]
    kinds.learn(first, "sort")
    assert kinds.predict(second) == ""


def test_two_advisors_with_the_same_founder_use_the_same_name() -> None:
    first, other = Kinds(DIM), Kinds(DIM)
    axes = np.eye(DIM, dtype=np.float32)
    other.learn(axes[3], "something else first")
    for kinds in (first, other):
        kinds.learn(axes[0], "sort")
    assert first.predict(axes[0]) == other.predict(axes[0])


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_restored_they_go_on_as_before(seeds: list[int]) -> None:
    kinds = Kinds(DIM)
    for seed in seeds:
        kinds.learn(unit(seed), str(seed))
    again = Kinds.restored(kinds.names, kinds.sums)
    assert [again.predict(unit(s)) for s in range(9)] == [
        kinds.predict(unit(s)) for s in range(9)
    ]


def test_there_are_never_more_than_the_bound() -> None:
    kinds = Kinds(256)
    for seed in range(MOST + 50):
        kinds.learn(unit(seed, 256), str(seed))
    assert len(kinds.names) == len(kinds.sums) == MOST
