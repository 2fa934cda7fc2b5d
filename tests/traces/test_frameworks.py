"""Spans of the real packages, each with a model that says what the test wants."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from support.traced.dspy_agent import dspy_agent
from support.traced.langchain_agents import functions_agent, langchain_agent
from support.traced.langgraph_agent import langgraph_agent
from support.traced.openai_agents_agent import openai_agents_agent
from support.traced.pydantic_ai_agent import pydantic_ai_agent
from support.traced.recording import Ask, Fault, Recording

from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)

QUESTION = "How much is one plus two?"

AGENTS: dict[str, Callable[[Recording], AbstractContextManager[Ask]]] = {
    "dspy": dspy_agent,
    "langchain": langchain_agent,
    "langgraph": langgraph_agent,
    "langgraph-functions": functions_agent,
    "openai-agents": openai_agents_agent,
    "pydantic-ai": pydantic_ai_agent,
}


@pytest.fixture(params=AGENTS)
def framework(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def recording() -> Recording:
    return Recording()


@pytest.fixture
def run(framework: str, recording: Recording) -> Iterator[Ask]:
    with AGENTS[framework](recording) as run:
        yield run


def ask(run: Ask, fault: Fault = "") -> None:
    if fault:
        with pytest.raises(Exception, match=r"no rows|slow down"):
            run(QUESTION, fault)
    else:
        run(QUESTION, fault)


def started(events: list[Event]) -> AttemptStarted:
    (start,) = [e for e in events if isinstance(e, AttemptStarted)]
    return start


def ended(events: list[Event]) -> AttemptEnded:
    (end,) = [e for e in events if isinstance(e, AttemptEnded)]
    return end


def steps(events: list[Event]) -> list[StepRecorded]:
    return [e for e in events if isinstance(e, StepRecorded)]


def signals(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.kind, e.detail) for e in events if isinstance(e, SignalRecorded)]


def test_a_run_becomes_an_attempt(
    framework: str, recording: Recording, run: Ask
) -> None:
    ask(run)
    events = recording.events()
    assert started(events).problem == QUESTION
    tools = [
        (step.kind, step.name, step.content)
        for step in steps(events)
        if step.name == "add"
    ]
    assert tools == [("action", "add", '{"a": 1, "b": 2}'), ("observation", "add", "3")]
    kinds = [step.kind for step in steps(events)]
    assert kinds[:3] == ["thought", "action", "observation"]
    assert kinds.count("answer") == 1 and kinds[-1] == "answer"
    assert "It is 3" in steps(events)[-1].content
    if framework != "langgraph-functions":  # whose code throws the text away
        assert "Let me see." in steps(events)[0].content
    assert signals(events) == []
    assert ended(events).status == "unknown"
    durations = [s.duration_s for s in steps(events) if s.kind != "observation"]
    assert all(duration is not None and 0 < duration < 60 for duration in durations)
    assert [e.at for e in events] == sorted(e.at for e in events)


def test_a_tool_that_raises_ends_the_run(
    framework: str, recording: Recording, run: Ask
) -> None:
    ask(run, "tool")
    events = recording.events()
    ((kind, detail),) = signals(events)
    assert kind == "exception" and "no rows" in detail
    assert "no rows" in ended(events).reason
    if framework != "dspy":
        last = steps(events)[-1]
        assert (last.kind, last.name) == ("observation", "lookup")
        assert "no rows" in last.content


@pytest.mark.usefixtures("framework")
def test_a_provider_that_limits_the_rate_is_infrastructure(
    recording: Recording, run: Ask
) -> None:
    ask(run, "model")
    events = recording.events()
    assert [kind for kind, _ in signals(events)] == ["infrastructure"]
    assert started(events).problem == QUESTION
    assert not [step for step in steps(events) if step.kind == "answer"]


def test_tokens_are_counted_once(
    framework: str, recording: Recording, run: Ask
) -> None:
    ask(run)
    used = [(s.tokens, s.cost) for s in steps(recording.events()) if s.tokens]
    if framework in ("langchain", "langgraph", "langgraph-functions"):
        assert used == [(1234, 0.0)] * 2  # the model has no name
    if framework == "openai-agents":
        assert [tokens for tokens, _ in used] == [1234] * 2
        assert all(0.0001 < cost < 0.001 for _, cost in used)
    if framework == "pydantic-ai":
        assert len(used) == 2


@pytest.mark.parametrize("framework", ["langchain", "pydantic-ai"], indirect=True)
def test_metadata_names_the_approach(recording: Recording, run: Ask) -> None:
    ask(run)
    events = recording.events()
    assert started(events).approach == ended(events).approach == "plan"


@pytest.mark.parametrize("framework", ["langchain"], indirect=True)
def test_who_asked_and_in_which_session(recording: Recording, run: Ask) -> None:
    ask(run)
    attributes = started(recording.events()).attributes
    assert attributes["user.id"] == "u1"
    assert attributes["session.id"] == "s1"


def test_the_agent_has_its_name(framework: str, recording: Recording, run: Ask) -> None:
    ask(run)
    names = {"dspy": "_Checked", "langgraph-functions": "sayer"}
    assert started(recording.events()).agent.name == names.get(framework, "adder")
