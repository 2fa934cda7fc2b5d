"""Whose run it is: what only stands around agents is no agent."""

from dataclasses import replace
from typing import Any

import pytest
from support.traced.spans import failed, span

from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.traces.mapping import events_of
from pilotfish.traces.span import Span

AGENT: dict[str, Any] = {"gen_ai__operation__name": "invoke_agent"}
MODEL: dict[str, Any] = {"gen_ai__operation__name": "chat"}
FRAMES = {
    "GenAI's workflow": {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.agent.name": "support",
    },
    "openllmetry's workflow": {
        "traceloop.span.kind": "workflow",
        "traceloop.workflow.name": "Agent Workflow",
    },
    "an agent without a word": {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "openai",
    },
}


def framed(frame: dict[str, Any], *inside: Span) -> list[Span]:
    """Return a frame around a first and a second agent, below something unknown."""
    top = replace(span(1), attributes=frame)
    first = span(3, 2, **AGENT, gen_ai__agent__name="first")
    return [top, span(2, 1, gen_ai__operation__name="unknown"), first, *inside]


def told(spans: list[Span]) -> tuple[str, str | None]:
    """Return the agent and the approach of the only attempt."""
    [start] = [e for e in events_of(spans, "t") if isinstance(e, AttemptStarted)]
    return start.agent.name, start.approach


@pytest.fixture(params=FRAMES)
def frame(request: pytest.FixtureRequest) -> dict[str, Any]:
    return FRAMES[request.param]


def test_the_agent_in_a_frame_is_the_run_s_own(frame: dict[str, Any]) -> None:
    assert told(framed(frame)) == ("first", None)


def test_the_next_agent_is_the_approach(frame: dict[str, Any]) -> None:
    second = span(4, 2, **AGENT, gen_ai__agent__name="second")
    assert told(framed(frame, second)) == ("first", "second")


def test_a_frame_is_no_step_and_no_approach(frame: dict[str, Any]) -> None:
    server = [span(9), *framed(frame)]
    spans = [server[0], replace(server[1], parent_id=server[0].span_id), *server[2:]]
    assert told(spans) == ("first", None)
    steps = [e for e in events_of(spans, "t") if isinstance(e, StepRecorded)]
    assert steps == []


def test_the_error_of_the_agent_in_a_frame_ended_the_run(frame: dict[str, Any]) -> None:
    top, around, first = framed(frame)
    spans = [top, around, failed(first, "ValueError", "no rows")]
    signals = [e for e in events_of(spans, "t") if isinstance(e, SignalRecorded)]
    assert [(s.kind, s.detail) for s in signals] == [
        ("exception", "ValueError: no rows")
    ]


@pytest.mark.parametrize("kind", ["GenAI's workflow", "openllmetry's workflow"])
def test_a_workflow_that_asks_a_model_is_an_agent(kind: str) -> None:
    name, approach = told(framed(FRAMES[kind], span(4, 2, **MODEL)))
    assert (name, approach) == (
        "support" if "GenAI" in kind else "Agent Workflow",
        "first",
    )


def test_an_agent_that_chooses_without_a_model_has_its_choice_as_approach() -> None:
    router = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "router"}
    assert told(framed(router)) == ("router", "first")


def test_an_agent_that_tells_nothing_of_itself_is_one_where_no_other_is() -> None:
    server = span(1)
    agent = span(2, 1, gen_ai__operation__name="invoke_agent")
    asks = span(3, 2, **MODEL)
    assert told([server, agent, asks]) == ("span 2", None)


CALL = {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "Wait."}, CALL]}]


def test_a_call_of_a_model_alone_is_one_step() -> None:
    """A client without an agent around it, whose model asks for a tool."""
    alone = span(
        1, **MODEL, gen_ai__output__messages=SAID, gen_ai__usage__input_tokens=7
    )
    steps = [e for e in events_of([alone], "t") if isinstance(e, StepRecorded)]
    assert [(s.kind, s.content, s.tokens) for s in steps] == [("thought", "Wait.", 7)]


def test_an_agent_that_failed_has_no_answer() -> None:
    agent = span(1, **AGENT, gen_ai__output__messages=SAID)
    events = events_of([failed(agent, "ValueError", "no rows")], "t")
    assert not [e for e in events if isinstance(e, StepRecorded)]
    assert isinstance(events[-1], AttemptEnded) and "no rows" in events[-1].reason
