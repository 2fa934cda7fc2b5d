"""Ids of requests: what was advised is the approach only if approaches were named."""

from pilotfish.schemas.events import HintMark
from pilotfish.schemas.request_ids import Question, new_request_id, used


def mark(approach: str | None, question: Question) -> HintMark:
    return HintMark(request_id=new_request_id(question), approach=approach)


def test_a_named_approach_is_the_one_that_was_used() -> None:
    assert used(mark("plan", "named")) == "plan"
    assert used(mark(None, "named")) is None


def test_a_strategy_that_was_found_is_not() -> None:
    assert used(mark("plan-show-b54a57", "found")) is None


def test_nor_is_a_next_move() -> None:
    assert used(mark("sql:describe", "next")) is None


def test_the_hints_of_others_name_approaches() -> None:
    assert used(HintMark(request_id="r1", approach="plan")) == "plan"
