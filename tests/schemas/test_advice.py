import pytest
from pydantic import ValidationError

from pilotfish.schemas.advice import AdviceRequested, Candidate, HintGiven
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.topics import ADVICE_REQUESTS

REQUEST = {
    "client_id": "c",
    "problem": "why?",
    "approaches": {"plan": "plan first"},
    "reply_topic": "replies",
    "reply_partition": 0,
}
STEP = {"kind": "action", "name": "sql"}
HINT = {"request_id": "r", "tenant": "t", "client_id": "c"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"approaches": {f"a{n}": "" for n in range(65)}},
        {"approaches": {"": "nameless"}},
        {"approaches": {"plan": "x" * 2001}},
        {"problem": "x" * 8193},
        {"problem": "\N{FISH}" * 2049},
        {"reply_partition": -1},
        {"steps": [STEP]},
        {"approaches": {}, "steps": [STEP] * 65},
        {"approaches": {}, "steps": [STEP | {"content": "x" * 1001}]},
        {"approaches": {}, "steps": [STEP | {"cost": 1}]},
    ],
)
def test_a_request_outside_the_limits_is_refused(wrong: dict[str, object]) -> None:
    assert AdviceRequested.model_validate(REQUEST).tenant == "default"
    with pytest.raises(ValidationError):
        AdviceRequested.model_validate(REQUEST | wrong)


@pytest.mark.parametrize(
    "right",
    [
        {"approaches": {f"a{n}": "x" * 2000 for n in range(64)}},
        {"problem": "\N{FISH}" * 2048},
        {"approaches": {}, "steps": [STEP | {"content": "x" * 1000}] * 64},
    ],
)
def test_a_request_may_reach_the_limits(right: dict[str, object]) -> None:
    request = AdviceRequested.model_validate(REQUEST | right)
    assert decode(ADVICE_REQUESTS, encode(request), headers_of(request)) == request


@pytest.mark.parametrize(
    "fields", [{}, {"approach": "plan", "abstained": "unsure"}], ids=["neither", "both"]
)
def test_a_hint_names_an_approach_or_abstains(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="never both"):
        HintGiven.model_validate(HINT | fields)


def test_propensity_is_that_of_the_advised_approach() -> None:
    candidates = (
        Candidate(approach="plan", p_success=0.7, propensity=0.9),
        Candidate(approach="react", p_success=0.4, propensity=0.1),
    )
    fields = {"candidates": candidates}
    hint = HintGiven.model_validate(HINT | fields | {"approach": "react"})
    assert hint.propensity == 0.1
    held = HintGiven.model_validate(HINT | fields | {"abstained": "holdout"})
    assert held.propensity is None
