"""What LangChain's inputs, messages and results say of an attempt."""

from typing import Any, Final

from langchain_core.outputs import LLMResult

from pilotfish._sdk.foreign import read
from pilotfish._sdk.text import as_text
from pilotfish.integrations.agent_run import ModelCall
from pilotfish.schemas.prices import Tokens

_KEYS: Final = ("problem", "question", "query", "input", "task", "prompt", "topic")
"""Where the inputs of a chain keep what was asked."""
_HUMAN: Final = ("human", "user")


def problem_of(inputs: Any) -> str:
    """Return what was asked: the last message of a person, or the text of the inputs."""
    messages = read(inputs, "messages") or (
        inputs if isinstance(inputs, list) else None
    )
    if isinstance(messages, list):
        asked = (text for text in map(_asked, reversed(messages)) if text)
        return next(asked, "")
    if isinstance(inputs, dict):
        named = (inputs[key] for key in _KEYS if isinstance(inputs.get(key), str))
        return next(named, None) or as_text(inputs)
    return as_text(read(inputs, "text") or inputs)


def is_resumption(inputs: Any) -> bool:
    """Return whether a graph goes on with what it was interrupted in."""
    return inputs is None or read(inputs, "resume") is not None


def text_of(message: Any) -> str:
    """Return a message's text; what its tools are called with, if it has none."""
    text = as_text(read(message, "text") or read(message, "content") or "")
    return text or as_text(read(message, "tool_calls") or "")


def model_call(result: LLMResult, model: str, duration_s: float) -> ModelCall:
    """Return one call of a model.

    Args:
        result: what `on_llm_end` gets.
        model: its name, as it was asked for; that of the reply is more precise.
        duration_s: seconds.
    """
    batch = next(iter(result.generations), [])
    generation = next(iter(batch), None)
    message = read(generation, "message")
    about = read(message, "response_metadata")
    name = read(about, "model_name") or read(about, "model") or model
    return ModelCall(
        model=as_text(name),
        text=text_of(message) if message else as_text(read(generation, "text") or ""),
        is_answer=not read(message, "tool_calls"),
        tokens=_tokens(read(message, "usage_metadata"), result),
        duration_s=duration_s,
    )


def _asked(message: Any) -> str:
    if isinstance(message, tuple | list) and len(message) == 2:
        role, content = message
        return as_text(content) if role in _HUMAN else ""
    if isinstance(message, str):
        return message
    role = read(message, "type") or read(message, "role")
    return text_of(message) if role in _HUMAN else ""


def _tokens(usage: Any, result: LLMResult) -> Tokens:
    if not usage:  # the older place
        usage = read(result.llm_output, "token_usage") or {}
        return Tokens(
            _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        )
    details = read(usage, "input_token_details")
    return Tokens(
        input=_count(usage, "input_tokens"),
        output=_count(usage, "output_tokens"),
        cache_read=_count(details, "cache_read"),
        cache_write=_count(details, "cache_creation"),
    )


def _count(usage: Any, name: str) -> int:
    value = read(usage, name)
    return value if isinstance(value, int) else 0
