"""Strategies: found in patterns, with ids that stay."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pilotfish.schemas.ids import Identifier
from pilotfish.strategies import finding
from pilotfish.strategies.finding import ENOUGH, Found, found, fullest, strategy_id
from pilotfish.strategies.patterns import Pattern

PLAN: Pattern = ("plan", "bash:ls", "bash:cat")
WRITE: Pattern = ("editor:create", "bash:python", "answer")
names = st.sampled_from("abcdefgh")
patterns = st.lists(names, max_size=4, unique=True).map(tuple)
counted = st.dictionaries(patterns, st.integers(1, 60), max_size=14)


def test_patterns_that_are_alike_are_one_strategy() -> None:
    strategies = found({PLAN: 30, (*PLAN, "bash:sed"): 10, WRITE: 25}, {}).strategies
    assert strategies[PLAN] == strategies[*PLAN, "bash:sed"] != strategies[WRITE]


def test_a_strategy_needs_enough_attempts() -> None:
    few = found({PLAN: ENOUGH - 1, WRITE: ENOUGH, (): 100}, {})
    assert few.strategies.keys() == {WRITE}
    enough = found({PLAN: ENOUGH - 1, (*PLAN, "bash:sed"): 1}, {})
    assert list(enough.attempts.values()) == [ENOUGH]
    assert list(enough.patterns.values()) == [PLAN]


@given(counted)
def test_finding_again_changes_nothing(counts: dict[Pattern, int]) -> None:
    first = found(counts, {})
    again = found(counts, first.strategies)
    assert again == first and not again.merged


@given(counted, st.randoms(use_true_random=False))
def test_order_is_of_no_importance(
    counts: dict[Pattern, int], rng: random.Random
) -> None:
    before = found(counts, {}).strategies
    order = list(counts.items())
    rng.shuffle(order)
    old = list(before.items())
    rng.shuffle(old)
    assert found(dict(order), {}) == found(counts, {})
    assert found(dict(order), dict(old)) == found(counts, before)


@given(counted, st.data())
def test_ids_stay_when_counts_grow(
    counts: dict[Pattern, int], data: st.DataObject
) -> None:
    first = found(counts, {}).strategies
    more = {p: n + data.draw(st.integers(0, 1000)) for p, n in counts.items()}
    assert first.items() <= found(more, first).strategies.items()


@given(counted, counted)
def test_what_became_of_an_id_is_a_current_one_whatever_comes(
    counts: dict[Pattern, int], new: dict[Pattern, int]
) -> None:
    first = found(counts, {})
    more = found({**counts, **new}, first.strategies)
    gone = set(first.patterns) - set(more.patterns)
    assert gone >= more.merged.keys()
    assert set(more.merged.values()) <= set(more.patterns)


def test_a_known_strategy_with_few_attempts_stays() -> None:
    assert found({PLAN: 1}, {PLAN: "known"}).patterns == {"known": PLAN}


def test_a_split_leaves_the_id_where_most_attempts_are() -> None:
    split = found({PLAN: 100, WRITE: 30}, {PLAN: "one", WRITE: "one"})
    assert split.strategies[PLAN] == "one" != split.strategies[WRITE]


def test_a_merge_keeps_the_larger_id_and_says_what_became_of_the_other() -> None:
    similar = (*PLAN, "bash:sed")
    merged = found({PLAN: 100, similar: 30}, {PLAN: "large", similar: "small"})
    assert set(merged.strategies.values()) == {"large"}
    assert merged.merged == {"small": "large"}


def test_at_most_so_many_patterns_are_clustered_the_most_frequent_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "MOST_PATTERNS", 10)
    many = {(f"t{n}",): 100 + n for n in range(30)}
    assert found(many, {}).strategies.keys() == {(f"t{n}",) for n in range(20, 30)}
    alike = {(f"t{n}",): 100 for n in range(30)}
    backwards = dict(reversed(alike.items()))
    assert found(alike, {}) == found(backwards, {})


@given(counted)
def test_an_id_can_be_published(counts: dict[Pattern, int]) -> None:
    for strategy in found(counts, {}).patterns:
        TypeAdapter(Identifier).validate_python(strategy)


def test_an_id_begins_with_what_people_recognise() -> None:
    assert strategy_id(("thought:cot", "ic_sql:show")).startswith("cot-show-")
    assert strategy_id(("é",)) != strategy_id(("è",))
    assert strategy_id(PLAN) != strategy_id(PLAN, 1)


def test_nothing_is_found_in_nothing() -> None:
    assert found({}, {}) == Found({}, {}, {}, {})


def test_tries_that_fail_early_do_not_stand_for_a_strategy() -> None:
    begun, onward = ("list_unknowns",), ("list_unknowns", "read", "check")
    strategies = found({begun: 60, onward[:2]: 20, onward: 12, WRITE: 30}, {})
    assert strategies.strategies[begun] == strategies.strategies[onward]
    assert strategies.patterns[strategies.strategies[begun]] == onward


def test_what_few_do_or_what_they_part_at_stands_for_nothing() -> None:
    accident = {PLAN: 95, (*PLAN, "bash:rm"): 5}
    assert fullest(accident) == PLAN
    troubles = {(*PLAN, f"trouble_{n}"): 20 for n in range(3)}
    assert fullest({PLAN: 100, **troubles}) == PLAN
    assert fullest({PLAN: 100, (*PLAN, "answer"): 41, **troubles}) == PLAN
    assert fullest({PLAN: 100, (*PLAN, "answer"): 61, **troubles}) == (*PLAN, "answer")


@given(counted.filter(bool))
def test_what_stands_for_a_strategy_is_how_many_of_its_attempts_began(
    counts: dict[Pattern, int],
) -> None:
    """At least a tenth, and nobody's order is made up."""
    pattern = fullest(counts)
    begun = [n for other, n in counts.items() if other[: len(pattern)] == pattern]
    most = max(counts.values())
    assert sum(begun) >= min(most, 0.1 * sum(counts.values())) > 0
    assert fullest(dict(reversed(counts.items()))) == pattern
