"""Messages of a conversation with a model, whoever wrote them down, in one form.

Read are the forms of OpenTelemetry (parts), OpenAI (chat and responses), Anthropic and
Bedrock (blocks), LangChain, OpenInference and Vercel, and mixtures of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from pilotfish.schemas.json_in_text import mapping
from pilotfish.traces.message_parts import (
    Parts,
    ToolCall,
    ToolResult,
    is_call,
    is_result,
)
from pilotfish.traces.values import listed, name, text

Role = Literal["system", "user", "assistant", "tool"]
Fields = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message, or a part of one that stands for itself."""

    role: Role
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()


_ROLES: Final[dict[str, Role]] = {
    "ai": "assistant",
    "assistant": "assistant",
    "developer": "system",
    "function": "tool",
    "human": "user",
    "model": "assistant",
    "system": "system",
    "tool": "tool",
    "user": "user",
}
_INSIDE: Final = ("message", "data", "kwargs", "prompt", "completion")
"""Where OpenInference and LangChain keep the fields of a message."""


def messages(value: JsonValue, default: Role) -> tuple[ChatMessage, ...]:
    """Return the messages of a list, or of one that a text holds as JSON.

    Args:
        value: as the attribute has it; a text that is no JSON is one message.
        default: the role of a message that has none.
    """
    raws = list(_flat(listed(value)))
    if isinstance(value, str) and not any(isinstance(raw, dict) for raw in raws):
        raws = [value] if value else []
    read = (_message(raw, default) for raw in raws)
    return tuple(message for message in read if message is not None)


def _flat(values: Iterable[JsonValue]) -> Iterator[JsonValue]:
    """Yield the messages of a list, or of the batches in it: LangChain has a list of those."""
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _message(raw: JsonValue, default: Role) -> ChatMessage | None:
    if isinstance(raw, str):
        return ChatMessage(default, text(raw))
    if not isinstance(raw, dict):
        return None
    fields = _fields(raw)
    parts = Parts()
    if is_call(fields) or is_result(fields):
        parts.add(fields)
    else:
        parts.add_message(fields)
    role = _role(fields, default)
    if role == "tool" and not parts.results:
        result = ToolResult(name(fields.get("tool_call_id")), parts.text)
        return ChatMessage(role, results=(result,))
    return ChatMessage(role, parts.text, tuple(parts.calls), tuple(parts.results))


def _fields(raw: Fields) -> Fields:
    for name_ in _INSIDE:
        inside = mapping(raw.get(name_))
        if inside:
            return raw | inside
    return raw


def _role(fields: Fields, default: Role) -> Role:
    for given in (fields.get("role"), fields.get("type")):
        role = _ROLES.get(given.lower()) if isinstance(given, str) else None
        if role:
            return role
    return "tool" if is_result(fields) else default
