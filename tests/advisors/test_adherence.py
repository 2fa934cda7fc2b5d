"""Counts of what was done where something was advised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors import adherence
from pilotfish.advisors.adherence import Adherence

NAMES = ("react", "plan", "direct")
kinds = st.sampled_from(["", "sql", "logic"])
names = st.sampled_from(["", *NAMES, "retired"])
attempts = st.lists(st.tuples(kinds, names, names))


def test_who_was_never_advised_is_expected_to_follow() -> None:
    assert (Adherence().shares("sql", NAMES) == np.eye(3)).all()


def test_who_does_something_else_is_expected_to_do_so_again() -> None:
    counted = Adherence()
    for _ in range(90):
        counted.count("sql", "plan", "react")
    follows = counted.shares("sql", NAMES)
    assert follows[1] == pytest.approx([0.99, 0.01, 0.0], abs=0.01)
    assert (follows[[0, 2]] == np.eye(3)[[0, 2]]).all()


def test_a_kind_has_its_own_shares_and_leans_on_all() -> None:
    counted = Adherence()
    for _ in range(90):
        counted.count("sql", "plan", "plan")
        counted.count("logic", "plan", "react")
    of_plan = [counted.shares(kind, NAMES)[1, 1] for kind in ("sql", "logic", "new")]
    assert of_plan == pytest.approx([0.97, 0.03, 0.51], abs=0.01)


def test_what_is_no_candidate_may_be_any_of_them() -> None:
    counted = Adherence()
    for _ in range(90):
        counted.count("", "plan", "retired")
    assert counted.shares("", NAMES)[1] == pytest.approx([0.32, 0.37, 0.32], abs=0.01)


@given(attempts, kinds)
def test_a_row_is_a_distribution(drawn: list[tuple[str, str, str]], kind: str) -> None:
    counted = Adherence()
    for attempt in drawn:
        counted.count(*attempt)
    shares = counted.shares(kind, NAMES)
    assert (shares >= 0).all() and shares.sum(1) == pytest.approx(1)


@given(attempts, attempts)
def test_what_is_taken_back_was_never_there(
    kept: list[tuple[str, str, str]], taken: list[tuple[str, str, str]]
) -> None:
    counted, never = Adherence(), Adherence()
    for attempt in kept:
        never.count(*attempt)
    for attempt in (*taken, *kept):
        counted.count(*attempt)
    for attempt in taken:
        counted.count(*attempt, -1)
    assert counted.shares("sql", NAMES) == pytest.approx(never.shares("sql", NAMES))


@given(attempts)
def test_restored_it_expects_the_same(drawn: list[tuple[str, str, str]]) -> None:
    counted = Adherence()
    for attempt in drawn:
        counted.count(*attempt)
    again = Adherence.restored(counted.entries)
    assert again.entries == counted.entries
    assert (again.shares("sql", NAMES) == counted.shares("sql", NAMES)).all()


def test_of_more_kinds_than_fit_only_what_all_do_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adherence, "MOST", 2)
    counted = Adherence()
    counted.count("sql", "plan", "react")
    counted.count("logic", "plan", "react")
    assert set(counted.entries) == {
        ("", "plan", "react", 2),
        ("sql", "plan", "react", 1),
    }
