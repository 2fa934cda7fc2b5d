"""Which fact of an attempt is its approach: what was done, whatever was advised."""

from typing import Any

import pytest

import pilotfish
from pilotfish._sdk.approach_by import Fact
from pilotfish.schemas.events import AttemptEnded
from pilotfish.testing import MemoryClient

SKILLS = {"pdf": "read the text first", "charts": "look at the pictures"}


def approach(by: Fact | None, *calls: tuple[str, Any], **begun: Any) -> str | None:
    """Return the approach of an attempt with these calls, which was advised `pdf`."""
    with MemoryClient(approach_by=by) as client:
        client.will_advise("pdf")
        with client.attempt("x", **begun) as attempt:
            attempt.advice(SKILLS)
            for tool, arguments in calls:
                attempt.action(tool, arguments)
        end = client.events[-1]
    assert isinstance(end, AttemptEnded)
    assert end.hint is not None and end.hint.approach == "pdf"
    return end.approach


LOADED = ("Skill", {"skill": "charts"})
CALLED = ("Task", {"prompt": "x" * 9000, "subagent_type": "reviewer"})


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (None, "pdf"),
        ("skill", "charts"),
        ("sub_agent", "reviewer"),
        ("model", "test"),
        ("version", "test"),
    ],
)
def test_the_fact_that_was_chosen_counts(by: Fact | None, expected: str) -> None:
    assert approach(by, ("bash", "ls"), LOADED, CALLED, ("Skill", "{}")) == expected


def test_the_first_skill_counts() -> None:
    read = ("read_file", '{"path": "/skills/pdf/SKILL.md"}')
    assert approach("skill", LOADED, read) == "charts"
    assert approach("skill", read, LOADED) == "pdf"


def test_without_the_fact_the_approach_is_what_was_given_and_not_what_was_advised() -> (
    None
):
    assert approach("skill", CALLED) is None
    assert approach("sub_agent", LOADED, approach="alone") == "alone"


def test_the_agent_has_the_last_word() -> None:
    with MemoryClient(approach_by="model") as client:
        with client.attempt("x") as attempt:
            attempt.use("another model")
        end = client.events[-1]
    assert isinstance(end, AttemptEnded) and end.approach == "another model"


@pytest.mark.parametrize("wrong", ["prompt", "model", "version"])
def test_a_fact_that_the_agent_lacks_is_refused(wrong: Any) -> None:
    with pytest.raises(pilotfish.ConfigurationError, match=f"approach_by is '{wrong}'"):
        pilotfish.connect(kafka="127.0.0.1:1", approach_by=wrong)


def test_the_model_is_that_of_the_client() -> None:
    with (
        pilotfish.connect(
            kafka="127.0.0.1:1", model="small", approach_by="model"
        ) as client,
        client.attempt("x") as attempt,
    ):
        assert attempt._approach == "small"
