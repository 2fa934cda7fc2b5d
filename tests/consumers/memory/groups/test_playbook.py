"""Entries of a playbook: their content, their decay, and their bounded number."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.consumers.memory.groups.playbook import (
    ATTEMPTS,
    ENTRIES,
    HALF_LIFE,
    Entry,
    Tried,
    entries,
    interval,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def tried(p_success: float, **changes: object) -> Tried:
    attempt = Tried("plan", NOW, p_success, 0.5, ("sql", "submit"))
    return attempt._replace(**changes)


def only(attempts: list[Tried], now: datetime = NOW) -> Entry:
    [entry] = entries(attempts, now)
    return entry


attempts = st.lists(
    st.builds(
        Tried,
        st.sampled_from(["plan", "Plan ", "re-act", "re act", "x"]),
        st.integers(0, 90).map(lambda days: NOW - timedelta(days=days)),
        st.floats(0, 1),
        st.floats(0, 10),
        st.lists(st.sampled_from("abc"), max_size=6).map(tuple),
    ),
    max_size=40,
)


def test_an_entry_counts_and_gives_its_interval() -> None:
    entry = only([tried(1.0)] * 31 + [tried(0.0)] * 7)
    assert (entry.attempts, entry.weight) == (38, pytest.approx(38))
    assert entry.p_success == pytest.approx(31 / 38)
    # Newcombe (1998), table I, has 0.1080 to 0.6032 for 3 of 10.
    assert interval(3, 10) == (pytest.approx(0.1078, abs=1e-3), pytest.approx(0.6032, abs=1e-3))  # fmt: skip
    assert (entry.low, entry.high) == interval(31, 38)


def test_without_new_evidence_an_entry_decays_and_is_dropped() -> None:
    history = [tried(1.0)] * 4
    fresh, later = only(history), only(history, NOW + HALF_LIFE)
    assert later.weight == pytest.approx(2) and later.low < fresh.low
    assert entries(history, NOW + 4 * HALF_LIFE) == []


def test_newer_attempts_weigh_more() -> None:
    old = [tried(0.0, at=NOW - HALF_LIFE)] * 10
    assert only([*old, *[tried(1.0)] * 10]).p_success == pytest.approx(2 / 3)


def test_spellings_of_an_approach_share_an_entry() -> None:
    history = [tried(1.0, approach=name) for name in ("re-act", "Re_Act", "re-act ")]
    assert only(history).approach == "re-act"


def test_the_typical_sequence_is_shared_by_half_of_the_successes() -> None:
    history = [
        tried(1.0, actions=("look", "sql", "sql", "submit")),
        tried(1.0, actions=("sql", "submit")),
        tried(1.0, actions=("sql",)),
        tried(0.0, actions=("look", "look", "look", "look")),
    ]
    assert only(history).actions == ("sql", "submit")


def test_failures_are_described_by_what_distinguishes_them() -> None:
    good = [tried(1.0, actions=("look", "sql", "submit"))] * 10
    loops = [tried(0.0, actions=("look", "sql", "sql", "sql", "submit"))] * 8
    assert only([*good, *loops]).failures == "sql over and over"
    blind = [tried(0.0, actions=("sql", "submit"))] * 8
    assert only([*good, *blind]).failures == "no look"
    alike = [tried(0.0, actions=("look", "sql", "submit"))] * 8
    assert only([*good, *alike]).failures == ""
    assert only([*good, *loops[:4]]).failures == ""  # too few to tell


def test_a_trend_is_the_newer_half_against_the_older() -> None:
    days = [timedelta(days=n) for n in range(20)]
    history = [tried(float(n < 10), at=NOW - day) for n, day in enumerate(days)]
    assert only(history).trend == 1.0
    assert only(history[:9]).trend == 0.0  # too few to tell


@given(attempts)
def test_entries_are_few_and_valid_for_any_attempts(
    history: list[Tried],
) -> None:
    result = entries(history, NOW)
    assert len(result) <= min(ENTRIES, 3)
    for entry in result:
        assert 0 <= entry.low <= entry.p_success + 1e-9
        assert entry.p_success <= entry.high + 1e-9 and entry.high <= 1
        assert 0 < entry.weight <= entry.attempts <= ATTEMPTS
        assert entry.last_seen <= NOW and -1 <= entry.trend <= 1


def test_the_approaches_with_most_evidence_are_kept() -> None:
    rare = [tried(1.0, approach=f"a{n}") for n in range(ENTRIES)]
    result = entries([*rare, tried(0.0), tried(0.0)], NOW)
    assert len(result) == ENTRIES and result[0].approach == "plan"


@given(
    st.sampled_from([0.0, 0.3, 1.0]),
    st.lists(st.timedeltas(timedelta(), HALF_LIFE), min_size=5, max_size=20),
)
def test_a_share_is_within_its_interval(
    p_success: float, ages: list[timedelta]
) -> None:
    entry = only([tried(p_success, at=NOW - age) for age in ages])
    assert entry.low <= entry.p_success <= entry.high
