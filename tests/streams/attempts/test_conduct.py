from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.events import StepRecorded
from pilotfish.streams.attempts.conduct import MAX_TEXT, NEAR, Conduct, is_error


def conduct(*steps: tuple[str, str, str]) -> Conduct:
    made = Conduct()
    for kind, name, content in steps:
        fields: dict[str, Any] = {"kind": kind, "name": name, "content": content}
        made.step(StepRecorded(attempt_id="a", **fields))
    return made


def test_the_same_action_among_eight_is_a_repetition_even_if_others_are_between() -> (
    None
):
    look, turn = ("action", "look", "left"), ("action", "turn", "")
    assert conduct(look, turn, look, turn, look).repeats == 3
    others = [("action", "try", f"{number}") for number in range(NEAR)]
    assert conduct(look, *others, look).repeats == 1


def test_another_content_is_another_action() -> None:
    assert conduct(("action", "sql", "1"), ("action", "sql", "2")).repeats == 1
    assert conduct(("action", "a", "bc"), ("action", "ab", "c")).repeats == 1


def test_the_last_answer_counts_and_is_kept_short() -> None:
    assert conduct(("thought", "t", "x")).answer is None
    assert conduct(("answer", "a", "no"), ("answer", "a", "")).answer == ""
    assert conduct(("answer", "a", "x" * 1000)).answer == "x" * MAX_TEXT


@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_repeats_is_the_maximum_among_any_eight_in_a_row(names: list[str]) -> None:
    made = conduct(*(("action", name, "") for name in names))
    windows = [names[max(0, end - NEAR) : end] for end in range(1, len(names) + 1)]
    assert made.repeats == max((w.count(n) for w in windows for n in w), default=0)
    assert len(made.recent) <= NEAR


@pytest.mark.parametrize(
    "observation",
    [
        "Error executing query: Table 'a.b' doesn't exist",
        "Traceback (most recent call last):\n  File ...",
        "NameError: name 'x' is not defined",
        "[ERROR] no such file",
        "java.lang.NullPointerException at A.main",
    ],
)
def test_errors_are_recognised_by_their_beginning(observation: str) -> None:
    assert is_error(observation)


@pytest.mark.parametrize(
    "observation",
    ["", "[('a', 1)]", "No errors", "No error", "3 rows, of which one has an error"],
)
def test_other_observations_are_no_errors(observation: str) -> None:
    assert not is_error(observation)


def test_an_attempt_that_gets_past_an_error_is_not_stuck() -> None:
    wrong, right = ("observation", "sql", "Error: x"), ("observation", "sql", "[(1,)]")
    assert conduct(wrong, ("action", "sql", "again")).stuck
    assert not conduct(wrong, right).stuck
    assert conduct(wrong, right, wrong).stuck


@given(st.text())
def test_any_observation_is_accepted(content: str) -> None:
    conduct(("observation", "tool", content))
