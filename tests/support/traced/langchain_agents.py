"""Agents of LangChain, and a graph of plain functions, traced by OpenInference."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypedDict

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph
from openinference.instrumentation.langchain import LangChainInstrumentor
from support.traced.recording import Ask, Fault, RateLimitError, Recording
from support.traced.tool_time import TOOL_S

_USAGE = UsageMetadata(input_tokens=1200, output_tokens=34, total_tokens=1234)
METADATA = {"approach": "plan", "session_id": "s1", "user_id": "u1"}


class _Model(GenericFakeChatModel):
    """Says what it is given, and ignores the tools it is told of."""

    limited: bool = False

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        del tools, kwargs
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        if self.limited:
            raise RateLimitError("slow down")
        return super()._generate(messages, *args, **kwargs)


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    time.sleep(TOOL_S)
    return a + b


@tool
def lookup(a: int, b: int) -> int:
    """Find out what a and b are."""
    raise ValueError(f"no rows for {a} and {b}")


def model_of(fault: Fault) -> _Model:
    """Return a model that calls a tool and answers, or that is refused."""
    name = lookup.name if fault == "tool" else add.name
    call = {"name": name, "args": {"a": 1, "b": 2}, "id": "c1"}
    said = [
        AIMessage(content="Let me see.", tool_calls=[call], usage_metadata=_USAGE),
        AIMessage(content="It is 3", usage_metadata=_USAGE),
    ]
    return _Model(messages=iter(said), limited=fault == "model")


def ask_agent(question: str, fault: Fault) -> None:
    """Ask an agent of `create_agent`."""
    agent: Any = create_agent(model_of(fault), [add, lookup], name="adder")
    messages = {"messages": [{"role": "user", "content": question}]}
    agent.invoke(messages, config={"metadata": METADATA})


class _State(TypedDict):
    question: str
    answer: str


def ask_graph(question: str, fault: Fault) -> None:
    """Ask a graph of two nodes that are plain functions, one of which calls a tool."""
    model = model_of(fault)

    def agent(state: _State) -> dict[str, str]:
        called = model.invoke(state["question"]).tool_calls[0]
        by_name = {add.name: add, lookup.name: lookup}
        return {"answer": str(by_name[called["name"]].invoke(called["args"]))}

    def say(state: _State) -> dict[str, str]:
        return {"answer": str(model.invoke(f"Say {state['answer']}").content)}

    graph: Any = StateGraph(_State)
    graph.add_node("agent", agent)
    graph.add_node("say", say)
    graph.add_edge(START, "agent")
    graph.add_edge("agent", "say")
    graph.add_edge("say", END)
    graph.compile(name="sayer").invoke({"question": question})


@contextmanager
def traced(recording: Recording, ask: Ask) -> Iterator[Ask]:
    """Trace into the recording."""
    LangChainInstrumentor().instrument(tracer_provider=recording.provider)
    try:
        yield ask
    finally:
        LangChainInstrumentor().uninstrument()


def langchain_agent(recording: Recording) -> AbstractContextManager[Ask]:
    """Trace into the recording."""
    return traced(recording, ask_agent)


def functions_agent(recording: Recording) -> AbstractContextManager[Ask]:
    """Trace into the recording."""
    return traced(recording, ask_graph)
