"""The in-memory client, as in users' tests."""

import asyncio
from dataclasses import replace
from enum import Enum
from typing import Any

import pytest

from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.events import AttemptEnded
from pilotfish.schemas.remembered import Remembered
from pilotfish.testing import AsyncMemoryClient, MemoryClient


class Approach(str, Enum):  # noqa: UP042 - StrEnum would hide what is tested
    PLAN = "plan"


OFFER = {"plan": "plan first", "react": "act, look"}


def advised(client: MemoryClient) -> str | None:
    with client.attempt("How many?", problem_type="sql") as attempt:
        return attempt.advice(OFFER).approach


def test_advice_is_scripted_by_the_test(memory: MemoryClient) -> None:
    assert advised(memory) is None
    memory.will_advise("react")
    assert advised(memory) == "react"
    memory.will_advise(lambda request: max(request.approaches))
    assert advised(memory) == "react"
    memory.will_advise(Approach.PLAN)
    with memory.attempt("How many?", problem_type="sql") as attempt:
        assert "'plan'" in attempt.advice(OFFER).text
    memory.will_advise(None)
    assert advised(memory) is None
    assert [request.problem for request in memory.requests] == ["How many?"] * 5


def test_without_approaches_the_script_names_a_strategy(memory: MemoryClient) -> None:
    memory.will_advise("plan-show-b54a57")
    with memory.attempt("How many?") as attempt:
        hint = attempt.advice()
    assert (hint.approach, hint.propensity) == ("plan-show-b54a57", 1.0)
    end = memory.events[-1]
    assert isinstance(end, AttemptEnded) and end.approach is None


def test_an_unanswered_request_runs_into_the_deadline() -> None:
    client = MemoryClient(advice_deadline_s=0.05)
    client.will_not_answer()
    assert advised(client) is None
    end = client.events[-1]
    assert isinstance(end, AttemptEnded)
    assert end.hint is not None and end.hint.advisor_version == ""


def test_a_script_that_raises_is_logged(
    memory: MemoryClient, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> str:
        raise RuntimeError("of the test")

    memory.will_advise(broken)
    assert advised(memory) is None
    assert "of the test" in caplog.text


def test_memory_search_is_scripted_by_the_test(memory: MemoryClient) -> None:
    assert memory.memory.search("w1") == []
    attempt = Remembered(
        "a", "w1", "sql", "plan", "success", 1.0, 0.9, 0.1, 2.0, 3, ("sql",)
    )
    memory.will_remember(attempt, replace(attempt, attempt_id="b"))
    assert [result.attempt_id for result in memory.memory.search("w2", k=1)] == ["a"]
    with pytest.raises(ConfigurationError, match="k from 1 to 100"):
        memory.memory.search("w1", k=0)


def test_memory_search_takes_any_text(memory: MemoryClient) -> None:
    odd: Any
    for odd in ("cut \ud83d", 7, b"raw"):
        assert memory.memory.search(odd) == []


def test_memory_search_is_scripted_for_asyncio_too() -> None:
    client = AsyncMemoryClient()
    attempt = Remembered("a", "w1", "", "", "timeout", None, 0.5, 0.0, 0.0, 0, ())
    client.will_remember(attempt)
    assert asyncio.run(client.memory.search("w1")) == [attempt]
