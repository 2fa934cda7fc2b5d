"""The capability, in real agents whose model is a function."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
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
from pydantic import BaseModel
from pydantic_ai import (
    Agent,
    ApprovalRequired,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRetry,
    RunContext,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RequestUsage

import pilotfish
from pilotfish.integrations.agent_run import AgentRun
from pilotfish.integrations.pydantic_ai import PilotfishCapability
from pilotfish.testing import MemoryClient

Read = Callable[[], list[Recorded]]


class Adder:
    """Calls the tool, then says what came of it; keeps the instructions it got."""

    def __init__(self) -> None:
        self.instructions: list[str | None] = []

    async def __call__(
        self, messages: list[ModelMessage], info: AgentInfo
    ) -> ModelResponse:
        self.instructions.append(info.instructions)
        last = messages[-1].parts[-1]
        if isinstance(last, ToolReturnPart) and last.outcome == "success":
            part: TextPart | ToolCallPart = TextPart(f"It is {last.content}.")
        else:
            a, b = re.findall(r"\d+", str(getattr(last, "content", "")))[-2:]
            part = ToolCallPart("add", {"a": int(a), "b": int(b)})
        return ModelResponse(
            [part], usage=RequestUsage(input_tokens=1000, output_tokens=10)
        )


@pytest.fixture
def model() -> Adder:
    return Adder()


async def add(a: int, b: int) -> str:
    """Add two numbers."""
    await asyncio.sleep(0.01)
    if f"How much is {a} and {b}?" in FAILING:
        raise ArithmeticError(f"{a} is too odd")
    return str(a + b)


def advised(pilot: MemoryClient, model: Adder, *tools: Any, **more: Any) -> Any:
    capability = PilotfishCapability(
        pilot, APPROACHES, success=lambda output: "It is" in output
    )
    return Agent(
        FunctionModel(model, model_name="gpt-4o"),
        instructions="You add.",
        tools=tools or [add],
        capabilities=[capability],
        **more,
    )


def run(agent: Any, *prompt: str, **more: Any) -> Any:
    """Run an agent; `run_sync` leaves its event loop open."""
    return asyncio.run(agent.run(*prompt, **more))


def check_advised(attempts: list[Recorded], model: Adder) -> None:
    check_twenty(attempts, "'add'", "{'a': ")
    assert all(attempt.end.approach == "plan" for attempt in attempts)
    assert model.instructions == [f"You add.\n\n{HINT}"] * (20 + 12)


def test_twenty_runs_in_asyncio(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    agent = advised(pilot, model)

    async def main() -> list[Any]:
        runs = (agent.run(problem) for problem in PROBLEMS)
        return await asyncio.gather(*runs, return_exceptions=True)

    results = asyncio.run(main())
    assert sum(isinstance(result, ArithmeticError) for result in results) == 8
    check_advised(recorded(), model)


def test_twenty_runs_one_after_the_other(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    agent = advised(pilot, model)
    for problem in PROBLEMS:
        try:
            run(agent, problem)
        except ArithmeticError:
            assert problem in FAILING
    check_advised(recorded(), model)


def test_what_was_found_is_advised_and_is_not_the_approach(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    pilot.will_advise(FOUND)
    capability = PilotfishCapability(pilot, "found")
    run(
        Agent(FunctionModel(model), tools=[add], capabilities=[capability]), PROBLEMS[0]
    )
    assert all(FOUND in (given or "") for given in model.instructions)
    check_found(pilot, recorded())


def test_a_tool_has_the_attempt(pilot: MemoryClient, recorded: Read) -> None:
    def look() -> str:
        attempt = pilotfish.current_attempt()
        assert attempt is not None
        attempt.signal("tests", 1.0)
        return "seen"

    agent = Agent(TestModel(), tools=[look], capabilities=[PilotfishCapability(pilot)])
    run(agent, "Look")
    (attempt,) = recorded()
    assert [s.kind for s in attempt.signals] == ["tests"]
    assert pilotfish.current_attempt() is None
    assert pilot.requests == []


class Total(BaseModel):
    total: int


def test_a_structured_output_is_the_answer(pilot: MemoryClient, recorded: Read) -> None:
    agent = Agent(
        TestModel(custom_output_args={"total": 4}),
        output_type=Total,
        capabilities=[PilotfishCapability(pilot, success=lambda out: out.total == 4)],
    )
    run(agent, "How much?")
    (attempt,) = recorded()
    assert [kind for kind, _ in attempt.shape] == ["answer"]
    assert "'total': 4" in attempt.steps[0].content
    assert attempt.end.status == "succeeded"


def test_a_streamed_run_is_recorded(pilot: MemoryClient, recorded: Read) -> None:
    async def main() -> None:
        agent = Agent(
            TestModel(custom_output_text="four"),
            capabilities=[PilotfishCapability(pilot, APPROACHES)],
        )
        async with agent.run_stream("How much?") as result:
            assert [text async for text in result.stream_text()][-1] == "four"

    asyncio.run(main())
    (attempt,) = recorded()
    assert [(s.kind, s.content) for s in attempt.steps] == [("answer", "four")]
    assert attempt.end.status == "unknown"


def test_a_call_that_is_to_be_made_again_is_seen(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    tried: list[int] = []

    async def moody(a: int, b: int) -> str:
        tried.append(a)
        if len(tried) == 1:
            raise ModelRetry(f"again, {a} and {b}")
        return str(a + b)

    moody.__name__ = "add"
    run(advised(pilot, model, moody), PROBLEMS[0])
    (attempt,) = recorded()
    assert attempt.shape == [*ONE_CALL[:3], *ONE_CALL]
    assert "again, 0 and 0" in attempt.steps[2].content
    assert attempt.end.status == "succeeded"


def test_a_tool_that_waits_for_a_person_is_one_attempt(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    async def careful(ctx: RunContext[None], a: int, b: int) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        return str(a + b)

    careful.__name__ = "add"
    agent = advised(pilot, model, careful, output_type=[str, DeferredToolRequests])
    first = run(agent, PROBLEMS[0])
    (call,) = first.output.approvals
    run(
        agent,
        message_history=first.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals={call.tool_call_id: True}),
    )
    (attempt,) = recorded()
    assert attempt.shape == ONE_CALL
    assert attempt.ends[-1].status == "succeeded"
    assert model.instructions == [f"You add.\n\n{HINT}"] * 2
    assert len(pilot.requests) == 1


def test_a_provider_s_time_out_is_infrastructure(
    pilot: MemoryClient, recorded: Read
) -> None:
    async def broken(_: list[ModelMessage], __: AgentInfo) -> ModelResponse:
        raise TimeoutError("the provider")

    agent = Agent(FunctionModel(broken), capabilities=[PilotfishCapability(pilot)])
    with pytest.raises(TimeoutError):
        run(agent, "How much?")
    assert recorded()[0].end.status == "infrastructure"


def test_a_cancelled_run_is_abandoned(pilot: MemoryClient, recorded: Read) -> None:
    async def slow(_: list[ModelMessage], __: AgentInfo) -> ModelResponse:
        await asyncio.sleep(60)
        raise AssertionError

    async def main() -> None:
        agent = Agent(FunctionModel(slow), capabilities=[PilotfishCapability(pilot)])
        async with asyncio.timeout(0.1):
            await agent.run("How much?")

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert recorded()[0].end.status == "abandoned"


def test_without_an_answer_in_time_the_agent_goes_on_unguided(model: Adder) -> None:
    with MemoryClient(advice_deadline_s=0.01) as pilot:
        pilot.will_not_answer()
        assert run(advised(pilot, model), PROBLEMS[0]).output == "It is 0."
    assert model.instructions == ["You add."] * 2


def test_a_judge_that_raises_knows_no_outcome(
    pilot: MemoryClient, recorded: Read
) -> None:
    def judge(_: str) -> bool:
        raise KeyError("answer")

    capability = PilotfishCapability(pilot, success=judge)
    run(Agent(TestModel(), capabilities=[capability]), "How much?")
    assert recorded()[0].end.status == "unknown"


@pytest.mark.parametrize("method", ["begin", "ask_async", "model_call", "tool_call"])
def test_what_is_broken_in_pilotfish_does_not_break_the_agent(
    pilot: MemoryClient, model: Adder, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("pilotfish is broken")

    monkeypatch.setattr(AgentRun, method, broken)
    assert run(advised(pilot, model), PROBLEMS[0]).output == "It is 0."
