"""An agent of LlamaIndex with a model that says what it is given.

It runs in an environment of its own: see recordings/record_llama_index.py.
"""

import asyncio
from typing import Any

from llama_index.core.agent.workflow import (  # pyright: ignore[reportMissingImports]
    ReActAgent,
)
from llama_index.core.llms import (  # pyright: ignore[reportMissingImports]
    CompletionResponse,
    CustomLLM,
    LLMMetadata,
)
from llama_index.core.llms.callbacks import (  # pyright: ignore[reportMissingImports]
    llm_completion_callback,
)

LOOKS = 'Thought: Let me see.\nAction: add\nAction Input: {"a": 1, "b": 2}'
ANSWERS = "Thought: I can answer without using any more tools.\nAnswer: It is 3"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class _Model(CustomLLM):
    said: list[str]

    @property
    def metadata(self) -> Any:
        return LLMMetadata(model_name="gpt-4o-mini")

    @llm_completion_callback()
    def complete(self, *_: Any, **__: Any) -> Any:
        text = self.said.pop(0)
        if text not in (LOOKS, ANSWERS):
            raise ValueError(text)
        return CompletionResponse(text=text)

    def stream_complete(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def ask(question: str, fault: str) -> None:
    """Ask; a tool's exception goes to the model, so the model raises instead."""

    async def run() -> None:
        model = _Model(said=[LOOKS, fault or ANSWERS])
        agent = ReActAgent(name="adder", tools=[add], llm=model, streaming=False)
        await agent.run(question)

    asyncio.run(run())
