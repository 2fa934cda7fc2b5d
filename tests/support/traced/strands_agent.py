"""An agent of Strands with a model that says what it is given.

It runs in an environment of its own: see recordings/record_strands.py.
"""

from collections.abc import AsyncIterator
from typing import Any

from strands import Agent, tool  # pyright: ignore[reportMissingImports]
from strands.models import Model  # pyright: ignore[reportMissingImports]

_USAGE = {"inputTokens": 1200, "outputTokens": 34, "totalTokens": 1234}
_CALL = {"name": "add", "toolUseId": "c1"}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class _Model(Model):
    """Looks, and then answers or raises its fault."""

    def __init__(self, fault: str) -> None:
        self.config = {"model_id": "gpt-4o-mini"}
        self._fault = fault

    def update_config(self, **_: Any) -> None:
        """Keep the name."""

    def get_config(self) -> dict[str, str]:
        return self.config

    async def structured_output(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        yield {}

    async def stream(self, messages: Any, *_: Any, **__: Any) -> AsyncIterator[Any]:
        looked = "toolResult" in messages[-1]["content"][-1]
        if looked and self._fault:
            raise ValueError(self._fault)
        yield {"messageStart": {"role": "assistant"}}
        said = {"text": "It is 3" if looked else "Let me see."}
        for event in _block({}, said):
            yield event
        if not looked:
            asked = {"toolUse": {"input": '{"a": 1, "b": 2}'}}
            for event in _block({"toolUse": _CALL}, asked):
                yield event
        yield {"messageStop": {"stopReason": "end_turn" if looked else "tool_use"}}
        yield {"metadata": {"usage": _USAGE, "metrics": {"latencyMs": 1}}}


def _block(start: Any, delta: Any) -> list[Any]:
    return [
        {"contentBlockStart": {"start": start}},
        {"contentBlockDelta": {"delta": delta}},
        {"contentBlockStop": {}},
    ]


def ask(question: str, fault: str) -> None:
    """Ask; a tool's exception goes to the model, so the model raises instead."""
    Agent(model=_Model(fault), tools=[add], name="adder", callback_handler=None)(
        question
    )
