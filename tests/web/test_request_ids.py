"""Ids of requests: what was advised is the approach only if approaches were named."""

from pilotfish.schemas.events import HintMark
from pilotfish.web.request_ids import new_request_id, used


def mark(approach: str | None, *, named: bool) -> HintMark:
    return HintMark(request_id=new_request_id(named=named), approach=approach)


def test_a_named_approach_is_the_one_that_was_used() -> None:
    assert used(mark("plan", named=True)) == "plan"
    assert used(mark(None, named=True)) is None


def test_a_strategy_that_was_found_is_not() -> None:
    assert used(mark("plan-show-b54a57", named=False)) is None


def test_the_hints_of_others_name_approaches() -> None:
    assert used(HintMark(request_id="r1", approach="plan")) == "plan"
