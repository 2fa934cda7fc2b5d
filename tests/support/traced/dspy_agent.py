"""A ReAct module of DSPy, traced by OpenInference."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dspy
from dspy.utils import DummyLM
from openinference.instrumentation.dspy import DSPyInstrumentor
from support.traced.recording import Ask, Fault, RateLimitError, Recording
from support.traced.tool_time import TOOL_S


def add(a: int, b: int) -> int:
    """Add two numbers."""
    time.sleep(TOOL_S)
    return a + b


def _limited() -> Iterator[Any]:
    """Yield nothing: the provider limits the rate."""
    raise RateLimitError("slow down")
    yield


class _Checked(dspy.Module):
    """Asks an agent, and checks what it found."""

    def __init__(self, *, fails: bool) -> None:
        super().__init__()
        signature: Any = "question -> answer"
        self._react = dspy.ReAct(signature, tools=[add])
        self._fails = fails

    def forward(self, question: str) -> Any:
        found = self._react(question=question)
        if self._fails:
            raise ValueError("no rows")
        return found


def ask(question: str, fault: Fault) -> None:
    """Ask; DSPy gives a tool's exception to the model, so a check raises here instead."""
    said = [
        {
            "next_thought": "Let me see.",
            "next_tool_name": "add",
            "next_tool_args": {"a": 1, "b": 2},
        },
        {"next_thought": "Done.", "next_tool_name": "finish", "next_tool_args": {}},
        {"reasoning": "Added.", "answer": "It is 3"},
    ]
    model = DummyLM(said)
    if fault == "model":
        model.answers = _limited()
    with dspy.context(lm=model):
        _Checked(fails=fault == "tool")(question=question)


@contextmanager
def dspy_agent(recording: Recording) -> Iterator[Ask]:
    """Trace into the recording."""
    DSPyInstrumentor().instrument(tracer_provider=recording.provider)
    try:
        yield ask
    finally:
        DSPyInstrumentor().uninstrument()
