"""An agent of Google's ADK with a model that says what it is given.

It runs in an environment of its own: see recordings/record_adk.py.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.adk.agents import LlmAgent  # pyright: ignore[reportMissingImports]
from google.adk.models import (  # pyright: ignore[reportMissingImports]
    BaseLlm,
    LlmResponse,
)
from google.adk.runners import InMemoryRunner  # pyright: ignore[reportMissingImports]
from google.genai import types  # pyright: ignore[reportMissingImports]

_USAGE = {"prompt_token_count": 1200, "candidates_token_count": 34}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class _Model(BaseLlm):
    """Looks, and then answers or raises its fault."""

    model: str = "gemini-2.5-flash"
    fault: str

    async def generate_content_async(
        self, request: Any, stream: bool = False
    ) -> AsyncIterator[Any]:
        del stream
        looked = request.contents[-1].parts[-1].function_response
        if looked and self.fault:
            raise ValueError(self.fault)
        call = types.FunctionCall(name="add", args={"a": 1, "b": 2})
        said = (
            [types.Part(text="It is 3")]
            if looked
            else [types.Part(text="Let me see."), types.Part(function_call=call)]
        )
        used = types.GenerateContentResponseUsageMetadata(**_USAGE)
        content = types.Content(role="model", parts=said)
        yield LlmResponse(content=content, usage_metadata=used)


def ask(question: str, fault: str) -> None:
    """Ask an agent whose model raises the fault, if there is one, after it looked."""

    async def run() -> None:
        agent = LlmAgent(name="adder", model=_Model(fault=fault), tools=[add])
        runner = InMemoryRunner(agent=agent, app_name="app")
        session = await runner.session_service.create_session(
            app_name="app", user_id="u1"
        )
        asked = types.Content(role="user", parts=[types.Part(text=question)])
        async for _ in runner.run_async(
            user_id="u1", session_id=session.id, new_message=asked
        ):
            pass

    asyncio.run(run())
