from typing import cast

import pytest

from pilotfish.schemas.events import SignalKind
from pilotfish.streams.labelling import (
    ABSTAIN,
    FAILURE,
    FUNCTIONS,
    SUCCESS,
    Attempt,
    LabellingFunction,
)
from pilotfish.streams.labels import functions as ours
from pilotfish.streams.labels.functions import EDIT
from pilotfish.streams.labels.rules import END, FEEDBACK, Signal


def signalled(kind: str, *values: float | None, source: str = "") -> Attempt:
    """Return an attempt with signals of these values, in this order."""
    named = cast("SignalKind", kind)
    return Attempt(signals=tuple(Signal(named, value, source) for value in values))


def test_at_least_twelve_are_built_in_and_all_abstain_without_evidence() -> None:
    assert len(FUNCTIONS) >= 12
    assert [
        name for name, function in FUNCTIONS.items() if function(Attempt()) is not None
    ] == []
    assert all(function.__doc__ for function in FUNCTIONS.values())


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (ours.explicit_outcome, "explicit"),
        (ours.verifier, "verifier"),
        (ours.tests_passed, "tests"),
        (ours.exit_code, "exit_code"),
        (ours.judge_score, "judge"),
        (ours.thumbs, "thumbs"),
        (ours.exception_class, "exception"),
        (ours.asked_again, "retry"),
    ],
)
def test_the_latest_signal_of_a_kind_counts(
    function: LabellingFunction, kind: str
) -> None:
    assert function(signalled(kind, 0.0, 0.75)) == 0.75
    assert function(signalled(kind, 1.0, source=FEEDBACK + "user")) is ABSTAIN
    assert function(signalled("abandoned", 1.0)) is ABSTAIN


def test_an_exception_and_asking_again_need_no_value() -> None:
    assert ours.exception_class(signalled("exception", None)) == FAILURE
    assert ours.asked_again(signalled("retry", None)) == FAILURE
    assert ours.verifier(signalled("verifier", None)) is ABSTAIN


def test_the_end_is_an_explicit_outcome() -> None:
    assert ours.explicit_outcome(signalled("explicit", 1.0, source=END)) == SUCCESS


def test_feedback_is_a_vote_unless_it_is_an_edit() -> None:
    feedback = signalled("explicit", 0.0, 1.0, source=FEEDBACK + "user")
    edited = signalled("explicit", 0.4, source=EDIT)
    assert ours.human_feedback(feedback) == SUCCESS
    assert ours.human_feedback(edited) is ABSTAIN
    assert ours.answer_edited(edited) == 0.4
    assert ours.answer_edited(feedback) is ABSTAIN


def test_evidence_in_the_conduct() -> None:
    assert ours.abandonment(Attempt(status="abandoned")) == FAILURE
    assert ours.action_loop(Attempt(repeats=3)) == FAILURE
    assert ours.action_loop(Attempt(repeats=2)) is ABSTAIN
    assert ours.empty_answer(Attempt(answer=" \n")) == FAILURE
    assert ours.empty_answer(Attempt(answer="42")) is ABSTAIN


@pytest.mark.parametrize(
    "text",
    [
        "max steps reached",
        "Agent stopped due to max iterations",
        "GraphRecursionError: Recursion limit of 25 reached",
        "token budget exhausted",
        "exceeded the number of turns",
    ],
)
def test_an_exhausted_budget_is_recognised_in_end_and_exception(text: str) -> None:
    assert ours.step_budget_exhausted(Attempt(reason=text)) == FAILURE
    assert ours.step_budget_exhausted(Attempt(exception=text)) == FAILURE


@pytest.mark.parametrize("text", ["", "wrong rows", "the third step failed", "limit 5"])
def test_other_ends_are_no_exhausted_budget(text: str) -> None:
    assert ours.step_budget_exhausted(Attempt(reason=text)) is ABSTAIN


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot assist with this request",
        "Sorry, no.",
        "As an AI language model, I have no access",
        "Unfortunately, I am unable to open the file",
    ],
)
def test_an_excuse_is_a_refusal(answer: str) -> None:
    assert ours.refused_answer(Attempt(answer=answer)) == FAILURE


@pytest.mark.parametrize(
    "answer", ["42", "The sorry state of affairs", "I can do it: 17", "AI is a field"]
)
def test_an_answer_is_no_refusal(answer: str) -> None:
    assert ours.refused_answer(Attempt(answer=answer)) is ABSTAIN
