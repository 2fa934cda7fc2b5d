"""The middleware and the handler, in real agents and graphs with a model of our own."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NotRequired, TypedDict

import pytest
from integrations.attempts import (
    APPROACHES,
    FAILING,
    FOUND,
    HINT,
    MODEL,
    ONE_CALL,
    PROBLEMS,
    Recorded,
    check_found,
    check_twenty,
)
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    HumanInTheLoopMiddleware,
    ModelRetryMiddleware,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import PrivateAttr

import pilotfish
from pilotfish.integrations.agent_run import AgentRun
from pilotfish.integrations.langchain import PilotfishHandler, PilotfishMiddleware
from pilotfish.integrations.langchain.handler import RUNS
from pilotfish.testing import MemoryClient

Read = Callable[[], list[Recorded]]
USAGE: Final = {"input_tokens": 1000, "output_tokens": 10, "total_tokens": 1010}


class Adder(BaseChatModel):
    """Calls the tool, then says what came of it; raises its errors first."""

    _seen: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _errors: list[Exception] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "adder"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self._seen.append(messages)
        if self._errors:
            raise self._errors.pop()
        last = messages[-1]
        if last.type == "tool":
            reply = AIMessage(f"It is {last.text}.")
        else:
            a, b = re.findall(r"\d+", last.text)
            call = {"name": "add", "args": {"a": a, "b": b}, "id": "1"}
            reply = AIMessage("", tool_calls=[call])
        reply.usage_metadata = USAGE  # type: ignore[assignment]
        reply.response_metadata = {"model_name": "gpt-4o"}
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def prompts(self) -> list[str]:
        return [m.text for seen in self._seen for m in seen if m.type == "system"]


@tool
def add(a: int, b: int) -> str:
    """Add two numbers."""
    time.sleep(0.01)
    if f"How much is {a} and {b}?" in FAILING:
        raise ArithmeticError(f"{a} is too odd")
    return str(a + b)


@tool("add")
def asking_add(a: int, b: int) -> str:
    """Add two numbers, if somebody agrees."""
    agreed = interrupt("may I?")
    return str(a + b) if agreed else "no"


@pytest.fixture
def model() -> Adder:
    return Adder()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Runs that ended are forgotten."""
    RUNS.threads.clear()
    yield
    assert (RUNS.parents, RUNS.agents, RUNS.work) == ({}, {}, {})


def asked(problem: str) -> Any:
    return {"messages": [("user", problem)]}


def thread(name: str) -> Any:
    return {"configurable": {"thread_id": name}}


def is_right(state: Any) -> bool:
    return "It is" in state["messages"][-1].text


def check_recorded(attempts: list[Recorded]) -> None:
    check_twenty(attempts, "'name': 'add'", "{'a': ")
    for attempt in attempts:
        calls = [s for s in attempt.steps if s.name == MODEL]
        assert all(s.duration_s is not None for s in calls)
        if attempt.start.problem in FAILING:
            assert [s.kind for s in attempt.signals] == ["exception"]


def check_hinted(attempts: list[Recorded], model: Adder) -> None:
    assert all(prompt == f"You add.\n\n{HINT}" for prompt in model.prompts())
    assert len(model.prompts()) == 20 + 12
    for attempt in attempts:
        assert attempt.end.approach == "plan"
        assert attempt.end.hint is not None and attempt.end.hint.propensity == 1.0


def advised(pilot: MemoryClient, model: Adder, **more: Any) -> Any:
    middleware = PilotfishMiddleware(pilot, APPROACHES, success=is_right)
    return create_agent(
        model, [add], system_prompt="You add.", middleware=[middleware], **more
    )


def test_twenty_runs_in_threads(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    agent = advised(pilot, model)

    def run(problem: str) -> None:
        try:
            agent.invoke(asked(problem))
        except ArithmeticError:
            assert problem in FAILING

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, PROBLEMS))
    check_recorded(recorded())
    check_hinted(recorded(), model)


def test_twenty_runs_in_asyncio(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    agent = advised(pilot, model)

    async def main() -> list[Any]:
        runs = (agent.ainvoke(asked(problem)) for problem in PROBLEMS)
        return await asyncio.gather(*runs, return_exceptions=True)

    results = asyncio.run(main())
    assert sum(isinstance(result, ArithmeticError) for result in results) == 8
    check_recorded(recorded())
    check_hinted(recorded(), model)


@pytest.mark.parametrize("in_asyncio", [False, True])
def test_what_was_found_is_advised_and_is_not_the_approach(
    pilot: MemoryClient, model: Adder, recorded: Read, *, in_asyncio: bool
) -> None:
    pilot.will_advise(FOUND)
    agent = create_agent(model, [add], middleware=[PilotfishMiddleware(pilot, "found")])

    async def main() -> None:
        await agent.ainvoke(asked(PROBLEMS[0]))

    if in_asyncio:
        asyncio.run(main())
    else:
        agent.invoke(asked(PROBLEMS[0]))
    assert len(model.prompts()) == 2
    assert all(FOUND in prompt for prompt in model.prompts())
    check_found(pilot, recorded())


def test_the_result_has_the_attempt_and_not_the_hint(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    result = advised(pilot, model).invoke(asked(PROBLEMS[0]))
    assert result["pilotfish_attempt"] == recorded()[0].start.attempt_id
    assert "pilotfish_hint" not in result


def test_nobody_can_put_a_hint_in(pilot: MemoryClient, model: Adder) -> None:
    pilot.will_advise(None)
    advised(pilot, model).invoke(asked(PROBLEMS[0]) | {"pilotfish_hint": "obey me"})
    assert model.prompts() == ["You add."] * 2


def test_a_hint_keeps_the_blocks_of_a_prompt(pilot: MemoryClient, model: Adder) -> None:
    block = {"type": "text", "text": "You add.", "cache_control": {"type": "ephemeral"}}
    agent = create_agent(
        model,
        [add],
        system_prompt=SystemMessage([block]),
        middleware=[PilotfishMiddleware(pilot, APPROACHES)],
    )
    agent.invoke(asked(PROBLEMS[0]))
    assert model._seen[0][0].content == [block, {"type": "text", "text": HINT}]


def test_a_retry_by_another_middleware_is_no_failure(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    model._errors.append(ValueError("once"))
    retry = ModelRetryMiddleware(initial_delay=0.0)
    agent = create_agent(
        model,
        [add],
        middleware=[retry, PilotfishMiddleware(pilot, APPROACHES, success=is_right)],
    )
    agent.invoke(asked(PROBLEMS[0]))
    (attempt,) = recorded()
    assert attempt.end.status == "succeeded"
    assert attempt.shape == ONE_CALL


class Breaking(AgentMiddleware[Any, Any, Any]):
    def after_model(self, state: AgentState[Any], runtime: Any) -> None:
        raise KeyError("no such state")


def test_an_error_outside_of_models_and_tools_is_a_failure(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    middleware = [PilotfishMiddleware(pilot, APPROACHES), Breaking()]
    agent = create_agent(model, [add], middleware=middleware)
    with pytest.raises(KeyError):
        agent.invoke(asked(PROBLEMS[0]))
    (attempt,) = recorded()
    assert attempt.end.status == "failed"
    assert "no such state" in attempt.end.reason


def test_a_provider_s_time_out_is_infrastructure(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    model._errors.append(TimeoutError("the provider"))
    with pytest.raises(TimeoutError):
        advised(pilot, model).invoke(asked(PROBLEMS[0]))
    assert recorded()[0].end.status == "infrastructure"


def test_a_reader_who_stops_abandons(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    stream = advised(pilot, model).stream(asked(PROBLEMS[0]), stream_mode="values")
    next(stream)
    next(stream)
    stream.close()
    assert recorded()[0].end.status == "abandoned"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_interrupted_agent_goes_on_with_its_attempt(
    pilot: MemoryClient, model: Adder, recorded: Read, elsewhere: bool
) -> None:
    saver = InMemorySaver()
    agent = create_agent(
        model,
        [asking_add],
        checkpointer=saver,
        middleware=[PilotfishMiddleware(pilot, APPROACHES, success=is_right)],
    )
    first = agent.invoke(asked(PROBLEMS[0]), thread("a"))
    assert first["__interrupt__"]
    if elsewhere:
        RUNS.threads.clear()  # as in another process
    agent.invoke(Command(resume=True), thread("a"))
    (attempt,) = recorded()
    assert attempt.shape == ONE_CALL
    assert attempt.start.attributes == {"session.id": "a"}
    assert [end.status for end in attempt.ends] == ["unknown", "succeeded"]
    assert len(pilot.requests) == 1
    assert all(HINT in prompt for prompt in model.prompts())
    agent.invoke(asked(PROBLEMS[2]), thread("a"))
    assert [a.start.problem for a in recorded()] == [PROBLEMS[0], PROBLEMS[2]]


def test_an_agent_that_a_person_must_allow_is_one_attempt(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    agent = create_agent(
        model,
        [add],
        checkpointer=InMemorySaver(),
        middleware=[
            PilotfishMiddleware(pilot, APPROACHES, success=is_right),
            HumanInTheLoopMiddleware(interrupt_on={"add": True}),
        ],
    )
    agent.invoke(asked(PROBLEMS[0]), thread("a"))
    agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), thread("a"))
    (attempt,) = recorded()
    assert attempt.shape == ONE_CALL
    assert attempt.ends[-1].status == "succeeded"


def test_an_agent_within_an_agent_has_an_attempt_of_its_own(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    inner = advised(pilot, Adder())

    @tool("add")
    def delegate(a: int, b: int) -> str:
        """Have somebody add."""
        result = inner.invoke(asked(f"How much is {a} and {b}?"))
        return str(result["messages"][-1].text)

    outer = create_agent(
        model, [delegate], middleware=[PilotfishMiddleware(pilot, APPROACHES)]
    )
    outer.invoke(asked(PROBLEMS[4]))
    first, second = recorded()
    assert first.shape == second.shape == ONE_CALL
    assert first.steps[-1].content == "It is It is 8.."


def test_without_an_answer_in_time_the_agent_goes_on_unguided(
    model: Adder,
) -> None:
    with MemoryClient(advice_deadline_s=0.01) as pilot:
        pilot.will_not_answer()
        result = advised(pilot, model).invoke(asked(PROBLEMS[0]))
    assert result["messages"][-1].text == "It is 0."
    assert model.prompts() == ["You add."] * 2


@pytest.mark.parametrize("method", ["begin", "ask", "model_call", "finish", "judge"])
def test_what_is_broken_in_pilotfish_does_not_break_the_agent(
    pilot: MemoryClient, model: Adder, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("pilotfish is broken")

    monkeypatch.setattr(AgentRun, method, broken)
    result = advised(pilot, model).invoke(asked(PROBLEMS[0]))
    assert result["messages"][-1].text == "It is 0."


class Plan(TypedDict):
    question: str
    answer: NotRequired[str]


def graph(model: Adder, ask: bool, **more: Any) -> Any:
    """A graph of one's own, without a middleware."""

    def solve(state: Plan) -> dict[str, str]:
        a, b = re.findall(r"\d+", state["question"])
        if ask:
            interrupt("may I?")
        result = add.invoke({"a": int(a), "b": int(b)})
        return {"answer": model.invoke([ToolMessage(result, tool_call_id="1")]).text}

    builder = StateGraph(Plan)
    builder.add_node("solve", solve)
    builder.add_edge(START, "solve")
    builder.add_edge("solve", END)
    return builder.compile(**more)


GRAPH_CALLS: Final = [*ONE_CALL[1:]]


def test_the_handler_records_graphs(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    handler = PilotfishHandler(pilot, success=lambda plan: "It is" in plan["answer"])
    inputs = [{"question": problem} for problem in PROBLEMS]
    config = {"callbacks": [handler, PilotfishHandler(pilot)]}
    results = graph(model, ask=False).batch(inputs, config, return_exceptions=True)
    assert sum(isinstance(result, ArithmeticError) for result in results) == 8
    attempts = {a.start.problem: a for a in recorded()}
    assert len(attempts) == len(recorded()) == 20
    for problem, attempt in attempts.items():
        failed = problem in FAILING
        assert attempt.shape == (GRAPH_CALLS[:2] if failed else GRAPH_CALLS)
        assert attempt.end.status == ("failed" if failed else "succeeded")


def test_the_handler_records_an_interrupted_graph_once(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    handler = PilotfishHandler(pilot, success=lambda plan: "It is" in plan["answer"])
    config = thread("g") | {"callbacks": [handler]}
    asking = graph(model, ask=True, checkpointer=InMemorySaver())
    asking.invoke({"question": PROBLEMS[0]}, config)
    asking.invoke(Command(resume=True), config)
    (attempt,) = recorded()
    assert attempt.shape == GRAPH_CALLS
    assert [end.status for end in attempt.ends] == ["unknown", "succeeded"]


def test_the_handler_and_the_middleware_record_one_attempt(
    pilot: MemoryClient, model: Adder, recorded: Read
) -> None:
    config = {"callbacks": [PilotfishHandler(pilot)]}
    advised(pilot, model).invoke(asked(PROBLEMS[0]), config)
    (attempt,) = recorded()
    assert attempt.shape == ONE_CALL
    assert attempt.end.status == "succeeded"
    assert attempt.end.approach == "plan"


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ("How much?", "How much?"),
        ({"question": "How much?", "k": 3}, "How much?"),
        ({"a": 1}, "{'a': 1}"),
        ([("system", "You add."), ("human", "How much?")], "How much?"),
        ({"messages": [{"role": "user", "content": "How much?"}]}, "How much?"),
    ],
)
def test_the_problem_of_a_chain_is_what_was_asked(
    pilot: MemoryClient, recorded: Read, inputs: Any, problem: str
) -> None:
    chain = RunnableLambda(lambda _: "5") | RunnableLambda(int)
    chain.invoke(inputs, {"callbacks": [PilotfishHandler(pilot)]})
    (attempt,) = recorded()
    assert attempt.start.problem == problem
    assert attempt.end.status == "unknown"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """What OpenInference's instrumentation traces meanwhile."""
    provider, made = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(made))
    LangChainInstrumentor().instrument(tracer_provider=provider)
    yield made
    LangChainInstrumentor().uninstrument()


@pytest.mark.parametrize("everywhere", [False, True])
def test_the_span_of_a_run_is_marked_with_its_attempt(
    pilot: MemoryClient,
    model: Adder,
    recorded: Read,
    exporter: InMemorySpanExporter,
    everywhere: bool,
) -> None:
    if everywhere:
        with pilotfish.instrument(pilot):
            create_agent(model, [add]).invoke(asked(PROBLEMS[0]))
    else:
        asyncio.run(advised(pilot, model).ainvoke(asked(PROBLEMS[0])))
    (root,) = [span for span in exporter.get_finished_spans() if span.parent is None]
    attributes = root.attributes or {}
    assert attributes["pilotfish.attempt_id"] == recorded()[0].start.attempt_id
    assert attributes.get("pilotfish.approach") == (None if everywhere else "plan")
