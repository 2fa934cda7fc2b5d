"""An agent of OpenAI's Agents SDK, traced by OpenInference."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool
from openai import AsyncOpenAI
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from support.traced.recording import Ask, Fault, Recording
from support.traced.tool_time import TOOL_S

_USAGE = {"prompt_tokens": 1200, "completion_tokens": 34, "total_tokens": 1234}


@function_tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    time.sleep(TOOL_S)
    return a + b


@function_tool(failure_error_function=None)
def lookup(a: int, b: int) -> int:
    """Find out what a and b are."""
    raise ValueError(f"no rows for {a} and {b}")


def _reply(**message: Any) -> httpx2.Response:
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    answer = {"id": "1", "object": "chat.completion", "created": 0, "usage": _USAGE}
    return httpx2.Response(
        200, json={**answer, "model": "gpt-4o-mini", "choices": [choice]}
    )


def _replies(fault: Fault) -> list[httpx2.Response]:
    name = "lookup" if fault == "tool" else "add"
    function = {"name": name, "arguments": json.dumps({"a": 1, "b": 2})}
    call = {"id": "c1", "type": "function", "function": function}
    if fault == "model":
        return [httpx2.Response(429, json={"error": {"message": "slow down"}})]
    return [
        _reply(role="assistant", content="Let me see.", tool_calls=[call]),
        _reply(role="assistant", content="It is 3"),
    ]


async def _ask(question: str, transport: httpx2.MockTransport) -> None:
    async with AsyncOpenAI(
        api_key="any",
        base_url="http://127.0.0.1/v1",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    ) as client:
        model = OpenAIChatCompletionsModel("gpt-4o-mini", client)
        agent = Agent(name="adder", tools=[add, lookup], model=model)
        await Runner.run(agent, question)


def ask(question: str, fault: Fault) -> None:
    """Ask an agent whose provider is a list of replies."""
    replies = iter(_replies(fault))
    asyncio.run(_ask(question, httpx2.MockTransport(lambda request: next(replies))))


@contextmanager
def openai_agents_agent(recording: Recording) -> Iterator[Ask]:
    """Trace into the recording."""
    OpenAIAgentsInstrumentor().instrument(tracer_provider=recording.provider)
    try:
        yield ask
    finally:
        OpenAIAgentsInstrumentor().uninstrument()
