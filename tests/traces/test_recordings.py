"""Spans that were recorded where the tests cannot run: see recordings/README.md."""

from pathlib import Path
from typing import NamedTuple

import pytest

from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.traces.mapping import events_of
from pilotfish.traces.otlp import read_export

FOLDER = Path(__file__).parent / "recordings"
REASONED = "Thought: I can answer without using any more tools.\nAnswer: "


class Told(NamedTuple):
    """What a framework's recordings tell where it is not what most of them do."""

    agent: str = "adder"
    model: str = "gpt-4o-mini"
    thought: str = "Let me see."
    result: str = "3"
    answer: str = "It is 3"
    tokens: int = 1234
    error: str = "no rows"


TOLD = {
    "adk": Told(model="gemini-2.5-flash", result='{"result": 3}'),
    "anthropic": Told(
        agent="anthropic.messages.tool_runner",
        model="claude-sonnet-4-5",
        error="invalid_request_error",
    ),
    "crewai": Told(thought=""),
    "llama_index": Told(
        agent="ReActAgent",
        thought='Thought: Let me see.\nAction: add\nAction Input: {"a": 1, "b": 2}',
        answer=f"{REASONED}It is 3",
        tokens=0,
    ),
    "openllmetry": Told(),
    "strands": Told(),
    "vercel": Told(),
    "vercel_legacy": Told(),
}


def recorded(name: str) -> list[Event]:
    export = read_export((FOLDER / f"{name}.otlp").read_bytes(), "protobuf")
    assert export.rejected == 0
    return events_of(export.spans, "t")


@pytest.mark.parametrize("name", TOLD)
def test_a_run_becomes_an_attempt(name: str) -> None:
    told = TOLD[name]
    start, *steps, end = recorded(f"{name}_right")
    assert isinstance(start, AttemptStarted) and isinstance(end, AttemptEnded)
    assert start.problem == "How much is one plus two?"
    assert (start.agent.name, start.agent.model) == (told.agent, told.model)
    assert start.approach is None
    assert (end.status, end.reason) == ("unknown", "")
    seen = [(s.kind, s.name, s.content) for s in steps if isinstance(s, StepRecorded)]
    assert seen == [
        ("thought", told.model, told.thought),
        ("action", "add", '{"a": 1, "b": 2}'),
        ("observation", "add", told.result),
        ("answer", told.model, told.answer),
    ]
    used = [s.tokens for s in steps if isinstance(s, StepRecorded)]
    assert used == [told.tokens, 0, 0, told.tokens]
    assert all(s.cost > 0 for s in steps if isinstance(s, StepRecorded) and s.tokens)


@pytest.mark.parametrize("name", TOLD)
def test_a_run_that_fails_says_so(name: str) -> None:
    events, error = recorded(f"{name}_fails"), TOLD[name].error
    (signal,) = [e for e in events if isinstance(e, SignalRecorded)]
    assert signal.kind == "exception" and error in signal.detail
    assert isinstance(events[-1], AttemptEnded) and error in events[-1].reason
    assert not [e for e in events if isinstance(e, StepRecorded) and e.kind == "answer"]
