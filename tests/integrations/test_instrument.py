"""One call records what is installed; what it returns says so, and takes it back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from agents import Agent, Runner
from agents.testing import ScriptedModel, assistant_message
from agents.tracing import set_trace_processors
from integrations.attempts import Recorded
from langchain_core.runnables import RunnableLambda

import pilotfish
from pilotfish.integrations import instrument as module
from pilotfish.integrations.openai_agents.processor import EVERYWHERE
from pilotfish.testing import MemoryClient

Read = Callable[[], list[Recorded]]


def run_a_chain() -> None:
    (RunnableLambda(str.upper) | RunnableLambda(len)).invoke("How many?")


def run_an_agent() -> None:
    set_trace_processors([EVERYWHERE])  # and not the one that sends to OpenAI
    model = ScriptedModel([[assistant_message("five")]], emit_traces=True)
    asyncio.run(Runner.run(Agent("counter", model=model), "How many?"))
    set_trace_processors([])


@pytest.mark.parametrize("run", [run_a_chain, run_an_agent])
def test_runs_are_recorded_until_it_is_undone(
    pilot: MemoryClient, recorded: Read, run: Callable[[], None]
) -> None:
    with pilotfish.instrument(pilot):
        run()
    run()
    (attempt,) = recorded()
    assert attempt.end.status == "unknown"


def test_it_says_what_it_did(pilot: MemoryClient) -> None:
    with pilotfish.instrument(pilot) as done:
        lines = dict(line.split(": ", 1) for line in str(done).splitlines())
    assert list(lines) == ["LangChain and LangGraph", "OpenAI Agents", "PydanticAI"]
    assert "PilotfishMiddleware" in lines["LangChain and LangGraph"]
    assert "PilotfishHooks" in lines["OpenAI Agents"]
    assert "PilotfishCapability" in lines["PydanticAI"]


def test_what_is_not_installed_is_said(
    pilot: MemoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pilotfish.instrument(pilot) as done:
        assert {line.split(": ")[1] for line in done.lines} == {"not installed"}


def test_the_newest_call_counts(pilot: MemoryClient, recorded: Read) -> None:
    with MemoryClient() as other:
        first = pilotfish.instrument(other)
        second = pilotfish.instrument(pilot)
        first.undo()
        run_a_chain()
        second.undo()
        assert other.events == []
    assert len(recorded()) == 1


def test_its_own_client_is_closed_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def connect() -> MemoryClient:
        made.append(MemoryClient())
        return made[-1]

    monkeypatch.setattr(module, "connect", connect)
    pilotfish.instrument().undo()
    made[0].attempt("too late").end()
    assert made[0].events == []
