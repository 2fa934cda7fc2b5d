"""Patterns: beginnings of attempts as vectors."""

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.strategies.patterns import (
    DIMENSIONS,
    LENGTH,
    Pattern,
    pattern_of,
    vector,
)

names = st.sampled_from(["plan", "bash:ls", "bash:cat", "ic_sql:show", "answer", "x"])
patterns = st.lists(names, min_size=1, max_size=LENGTH, unique=True).map(tuple)


def alike(one: Pattern, other: Pattern) -> float:
    return float(vector(one) @ vector(other))


def test_a_pattern_is_the_first_moves() -> None:
    moves = [str(n) for n in range(20)]
    assert pattern_of(moves) == tuple(moves[:LENGTH])
    assert pattern_of([]) == ()


@given(patterns)
def test_a_vector_is_of_length_1(pattern: Pattern) -> None:
    assert vector(pattern).shape == (DIMENSIONS,)
    assert np.linalg.norm(vector(pattern)) == np.float32(1) or np.isclose(
        np.linalg.norm(vector(pattern)), 1, atol=1e-5
    )


def test_nothing_is_no_vector() -> None:
    assert not vector(()).any()


def test_an_early_difference_counts_more_than_a_late_one() -> None:
    common = ("a", "b", "c", "d")
    assert alike(common, ("z", *common[1:])) < alike(common, (*common[:-1], "z"))


def test_order_is_a_decision() -> None:
    assert alike(("a", "b", "c"), ("c", "b", "a")) < 0.8


def test_a_vector_is_equal_in_every_process() -> None:
    code = (
        "from pilotfish.strategies.patterns import vector;"
        "print(vector(('plan', 'bash:ls')).tobytes().hex())"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert bytes.fromhex(out.stdout.strip()) == vector(("plan", "bash:ls")).tobytes()
