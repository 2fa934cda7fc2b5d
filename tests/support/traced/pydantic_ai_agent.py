"""An agent of PydanticAI, traced by itself."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic_ai import Agent, InstrumentationSettings
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from support.traced.recording import Ask, Fault, RateLimitError, Recording
from support.traced.tool_time import TOOL_S


def add(a: int, b: int) -> int:
    """Add two numbers."""
    time.sleep(TOOL_S)
    return a + b


def lookup(a: int, b: int) -> int:
    """Find out what a and b are."""
    raise ValueError(f"no rows for {a} and {b}")


def ask(question: str, fault: Fault) -> None:
    """Ask an agent whose model is a function."""
    name = "lookup" if fault == "tool" else "add"

    def say(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del info
        if fault == "model":
            raise RateLimitError("slow down")
        if len(messages) > 1:
            return ModelResponse(parts=[TextPart("It is 3")])
        call = ToolCallPart(name, {"a": 1, "b": 2}, "c1")
        return ModelResponse(parts=[TextPart("Let me see."), call])

    agent = Agent(FunctionModel(say), name="adder", tools=[add, lookup])
    asyncio.run(agent.run(question, metadata={"approach": "plan"}))


@contextmanager
def pydantic_ai_agent(recording: Recording) -> Iterator[Ask]:
    """Trace into the recording."""
    Agent.instrument_all(InstrumentationSettings(tracer_provider=recording.provider))
    try:
        yield ask
    finally:
        Agent.instrument_all(instrument=False)
