"""Hooks and processor, in real runs over the framework's own models of a fake provider."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx2
import pytest
from agents import (
    Agent,
    RunConfig,
    Runner,
    UserError,
    function_tool,
    set_trace_processors,
    trace,
)
from integrations.attempts import (
    APPROACHES,
    FAILING,
    FOUND,
    HINT,
    ONE_CALL,
    PROBLEMS,
    Recorded,
    check_found,
    check_twenty,
)
from integrations.openai_provider import Provider

from pilotfish.integrations.agent_run import AgentRun
from pilotfish.integrations.openai_agents import PilotfishHooks, PilotfishProcessor
from pilotfish.integrations.openai_agents import processor as shared
from pilotfish.integrations.openai_agents.begun import BEGUN, HELD, RUNS
from pilotfish.integrations.openai_agents.processor import EVERYWHERE
from pilotfish.testing import MemoryClient

Read = Callable[[], list[Recorded]]
CALLS: Final = ("add", '{"a": ')
"""What thoughts have in them, and how arguments begin."""


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """No other processor, above all not the one that sends traces to OpenAI."""
    shared.attach()
    set_trace_processors([EVERYWHERE])
    yield
    set_trace_processors([])
    assert (RUNS.parents, RUNS.agents, BEGUN, HELD) == ({}, {}, {}, {})


@function_tool(failure_error_function=None)
async def add(a: int, b: int) -> str:
    """Add two numbers."""
    await asyncio.sleep(0.01)
    if f"How much is {a} and {b}?" in FAILING:
        raise ArithmeticError(f"{a} is too odd")
    return str(a + b)


def hooks_of(pilot: MemoryClient) -> PilotfishHooks:
    return PilotfishHooks(pilot, APPROACHES, success=lambda out: "It is" in out)


def adder(model: Any, instructions: Any = "You add.", **more: Any) -> Agent[Any]:
    tools = more.pop("tools", [add])
    return Agent("adder", instructions=instructions, model=model, tools=tools, **more)


@pytest.mark.parametrize("api", ["chats", "responses"])
def test_twenty_advised_runs(
    pilot: MemoryClient, provider: Provider, recorded: Read, api: str
) -> None:
    hooks = hooks_of(pilot)
    agent = adder(getattr(provider, api), hooks.instructions("You add."))

    async def main() -> list[Any]:
        runs = (Runner.run(agent, problem, hooks=hooks) for problem in PROBLEMS)
        return await asyncio.gather(*runs, return_exceptions=True)

    results = asyncio.run(main())
    assert sum(isinstance(result, UserError) for result in results) == 8
    check_twenty(recorded(), *CALLS, end="succeeded")
    assert provider.systems == [f"You add.\n\n{HINT}"] * (20 + 12)
    assert len(pilot.requests) == 20
    assert all(a.end.approach == "plan" and a.end.hint for a in recorded())


def test_what_was_found_is_advised_and_is_not_the_approach(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    pilot.will_advise(FOUND)
    hooks = PilotfishHooks(pilot, "found")
    run(adder(provider.chats, hooks.instructions("You add.")), hooks=hooks)
    assert all(FOUND in system for system in provider.systems)
    check_found(pilot, recorded())


def test_twenty_runs_that_a_processor_records(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    set_trace_processors([EVERYWHERE, PilotfishProcessor(pilot)])
    agent = adder(provider.chats)

    async def main() -> None:
        for problem in PROBLEMS:
            try:
                await Runner.run(agent, problem)
            except UserError:
                assert problem in FAILING

    asyncio.run(main())
    check_twenty(recorded(), *CALLS, end="unknown")
    assert pilot.requests == []


def run(agent: Agent[Any], given: Any = PROBLEMS[0], **more: Any) -> Any:
    return asyncio.run(Runner.run(agent, given, **more))


@pytest.mark.parametrize("kind", ["text", "function", "coroutine"])
def test_instructions_of_any_kind_take_the_hint(
    pilot: MemoryClient, provider: Provider, kind: str
) -> None:
    async def later(_: Any, agent: Agent[Any]) -> str:
        return f"You are the {agent.name}."

    base: dict[str, Any] = {
        "text": "You are the adder.",
        "function": lambda _, agent: f"You are the {agent.name}.",
        "coroutine": later,
    }
    hooks = hooks_of(pilot)
    run(adder(provider.chats, hooks.instructions(base[kind])), hooks=hooks)
    assert provider.systems == [f"You are the adder.\n\n{HINT}"] * 2


def test_a_streamed_run_is_recorded(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    hooks = hooks_of(pilot)
    agent = adder(provider.chats, hooks.instructions("You add."))
    provider.error = httpx2.ReadTimeout("the provider")

    async def main() -> None:
        async for _ in Runner.run_streamed(
            agent, PROBLEMS[0], hooks=hooks
        ).stream_events():
            pass

    with pytest.raises(Exception, match="timed out"):
        asyncio.run(main())
    (attempt,) = recorded()
    assert attempt.start.problem == PROBLEMS[0]
    assert attempt.end.status == "infrastructure"


def test_a_provider_s_time_out_is_infrastructure(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    set_trace_processors([PilotfishProcessor(pilot)])
    provider.error = httpx2.ReadTimeout("the provider")
    with pytest.raises(Exception, match="timed out"):
        run(adder(provider.chats))
    assert recorded()[0].end.status == "infrastructure"


def test_a_run_while_an_error_is_handled_is_no_failure(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    async def main() -> None:
        try:
            raise KeyError("before")
        except KeyError:
            await Runner.run(adder(provider.chats), PROBLEMS[0], hooks=hooks)

    hooks = PilotfishHooks(pilot)
    asyncio.run(main())
    assert recorded()[0].end.status == "unknown"


def test_a_tool_that_waits_for_a_person_is_one_attempt(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    @function_tool(name_override="add", needs_approval=True)
    async def careful(a: int, b: int) -> str:
        """Add two numbers, if somebody agrees."""
        return str(a + b)

    hooks = hooks_of(pilot)
    agent = adder(provider.chats, hooks.instructions("You add."), tools=[careful])
    first = run(agent, hooks=hooks)
    state = first.to_state()
    state.approve(first.interruptions[0])
    run(agent, state, hooks=hooks)
    (attempt,) = recorded()
    assert attempt.shape == ONE_CALL
    assert attempt.ends[-1].status == "succeeded"
    assert provider.systems == [f"You add.\n\n{HINT}"] * 2
    assert len(pilot.requests) == 1


def test_a_tool_that_returns_nothing_is_recorded(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    @function_tool(name_override="add")
    async def silent(a: int, b: int) -> None:
        """Add two numbers, and say nothing."""

    set_trace_processors([PilotfishProcessor(pilot)])
    run(adder(provider.chats, tools=[silent]))
    assert recorded()[0].shape == ONE_CALL


def test_agents_within_an_agent_are_its_steps(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    set_trace_processors([PilotfishProcessor(pilot)])
    inner = adder(provider.chats)

    @function_tool(name_override="add")
    async def delegate(a: int, b: int) -> str:
        """Have somebody add."""
        result = await Runner.run(inner, f"How much is {a} and {b}?")
        return str(result.final_output)

    run(adder(provider.chats, tools=[delegate]))
    (attempt,) = recorded()
    assert [kind for kind, _ in attempt.shape].count("answer") == 2
    assert attempt.steps[-1].content == "It is It is 0.."


def test_runs_of_one_trace_are_attempts_of_their_own(
    pilot: MemoryClient, provider: Provider, recorded: Read
) -> None:
    set_trace_processors([PilotfishProcessor(pilot)])

    async def main() -> None:
        with trace("a workflow"):
            await Runner.run(adder(provider.chats), PROBLEMS[0])
            await Runner.run(adder(provider.chats), PROBLEMS[2])

    asyncio.run(main())
    assert [a.start.problem for a in recorded()] == [PROBLEMS[0], PROBLEMS[2]]


def test_without_tracing_nothing_is_asked(
    pilot: MemoryClient, provider: Provider
) -> None:
    hooks = hooks_of(pilot)
    agent = adder(provider.chats, hooks.instructions("You add."))
    run(agent, hooks=hooks, run_config=RunConfig(tracing_disabled=True))
    assert provider.systems == ["You add."] * 2
    assert (pilot.requests, pilot.events) == ([], [])


def test_without_an_answer_in_time_the_agent_goes_on_unguided(
    provider: Provider,
) -> None:
    with MemoryClient(advice_deadline_s=0.01) as pilot:
        pilot.will_not_answer()
        hooks = hooks_of(pilot)
        agent = adder(provider.chats, hooks.instructions("You add."))
        assert run(agent, hooks=hooks).final_output == "It is 0."
    assert provider.systems == ["You add."] * 2


@pytest.mark.parametrize(
    "method", ["begin", "ask_async", "model_call", "tool_call", "finish"]
)
def test_what_is_broken_in_pilotfish_does_not_break_the_agent(
    pilot: MemoryClient,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("pilotfish is broken")

    monkeypatch.setattr(AgentRun, method, broken)
    hooks = hooks_of(pilot)
    agent = adder(provider.chats, hooks.instructions("You add."))
    assert run(agent, hooks=hooks).final_output == "It is 0."
