"""Who is held out: a request at the start, and in the middle an attempt as a whole."""

from typing import Any, cast

from pilotfish.consumers.advisor.answers import Answers
from pilotfish.consumers.advisor.registry import AdvisorRegistry
from pilotfish.runtime.catalogue import Catalogue
from pilotfish.schemas.advice import AdviceRequested

STEPS = ({"kind": "action", "name": "sql"},)


def held_out(share: float, **asked: Any) -> bool:
    """Whether a new request is held out; answering late needs no advisor."""
    fields = {
        "client_id": "c",
        "problem": "x",
        "reply_topic": "r",
        "reply_partition": 0,
    }
    answers = Answers(cast("AdvisorRegistry", None), Catalogue(), share)
    return answers.too_late(AdviceRequested(**fields, **asked), 9.0).holdout


def test_an_attempt_that_asks_again_stays_where_it_is() -> None:
    outs = {
        name: {held_out(0.5, steps=STEPS, attempt_id=name) for _ in range(5)}
        for name in map(str, range(60))
    }
    assert {len(each) for each in outs.values()} == {1}
    assert 10 < sum(each == {True} for each in outs.values()) < 50


def test_at_the_start_each_request_is_drawn_anew() -> None:
    outs = [held_out(0.5, attempt_id="a1") for _ in range(60)]
    assert 10 < sum(outs) < 50


def test_the_middle_is_drawn_apart_from_the_start() -> None:
    """Else nobody held out at the start would ever be advised, nor could be compared."""
    ids = [str(number) for number in range(200)]
    start = [held_out(0.5, attempt_id=id_, request_id=id_) for id_ in ids]
    middle = [held_out(0.5, attempt_id=id_, steps=STEPS) for id_ in ids]
    assert 60 < sum(a == b for a, b in zip(start, middle, strict=True)) < 140


def test_without_an_attempt_the_request_is_drawn() -> None:
    outs = [held_out(0.5, steps=STEPS) for _ in range(60)]
    assert 10 < sum(outs) < 50
