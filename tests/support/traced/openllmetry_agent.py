"""An agent of LangChain whose model says its name, for openllmetry to trace.

It runs in an environment of its own: see recordings/record_openllmetry.py.
"""

from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatResult

_USAGE = UsageMetadata(input_tokens=1200, output_tokens=34, total_tokens=1234)
_CALL = {"name": "add", "args": {"a": 1, "b": 2}, "id": "c1"}


class _Model(GenericFakeChatModel):
    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        result = super()._generate(*args, **kwargs)
        result.llm_output = {"model_name": "gpt-4o-mini"}
        return result

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        del tools, kwargs
        return self


def ask(question: str, fault: str) -> None:
    """Ask an agent, whose tool raises the fault if there is one."""

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        if fault:
            raise ValueError(fault)
        return a + b

    said = [
        AIMessage(content="Let me see.", tool_calls=[_CALL], usage_metadata=_USAGE),
        AIMessage(content="It is 3", usage_metadata=_USAGE),
    ]
    agent: Any = create_agent(_Model(messages=iter(said)), [add], name="adder")
    agent.invoke({"messages": [{"role": "user", "content": question}]})
