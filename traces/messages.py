"""Messages of a conversation with a model, whoever wrote them down, in one form.

Read are the forms of OpenTelemetry (parts), OpenAI (chat and responses), Anthropic and
Bedrock (blocks), LangChain, OpenInference and Vercel, and mixtures of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from pilotfish.schemas.json_in_text import mapping
from pilotfish.traces.values import listed, name, numbered, text

Role = Literal["system", "user", "assistant", "tool"]
Fields = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model asked for; the id is empty where none was given."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a call, as a later message gives it to the model."""

    call_id: str
    content: str


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
_CALLS: Final = frozenset(
    {"tool_call", "tool_use", "tool-call", "function_call", "server_tool_call"}
)
_RESULTS: Final = frozenset(
    {
        "function_call_output",
        "server_tool_call_response",
        "tool-result",
        "tool_call_response",
        "tool_result",
    }
)
_BLOCKS: Final = frozenset({"cachePoint", "reasoningContent", "text"})
_CALL_BLOCK: Final = "toolUse"
_RESULT_BLOCK: Final = "toolResult"
"""What a block of Bedrock is, its only key says."""
_TEXTS: Final = frozenset({"", "text", "input_text", "output_text", "refusal"})
_INSIDE: Final = ("message", "data", "kwargs", "prompt", "completion")
"""Where OpenInference and LangChain keep the fields of a message."""
_ARGUMENTS: Final = ("arguments", "args", "input", "parameters")
_OUTPUTS: Final = ("response", "result", "output", "content")


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
    parts = _Parts()
    if _type(fields) in _CALLS | _RESULTS:
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
    return "tool" if _type(fields) in _RESULTS else default


def _type(fields: Fields) -> str:
    kind = fields.get("type")
    return kind if isinstance(kind, str) else ""


class _Parts:
    """Collects what the parts of a message say."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.calls: list[ToolCall] = []
        self.results: list[ToolResult] = []

    @property
    def text(self) -> str:
        return "\n".join(part for part in self.texts if part)

    def add_message(self, fields: Fields) -> None:
        """Read a message's parts, wherever it has them; some have them twice."""
        places = ("contents", "parts", "content", "text")
        for part in _several(next((fields[p] for p in places if fields.get(p)), None)):
            self.add(part)
        for call in _several(fields.get("tool_calls")):
            self._call(mapping(call))
        function = fields.get("function_call")
        if isinstance(function, dict):
            self._call(function)

    def add(self, part: JsonValue) -> None:
        """Read one part: a text, a call or a result; what else there is, is left out."""
        if isinstance(part, str):
            self.texts.append(text(part))
        elif isinstance(part, dict):
            self._part(mapping(part.get("message_content")) or part)

    def _part(self, part: Fields) -> None:
        kind = _type(part)
        if _CALL_BLOCK in part:
            self._call(mapping(part[_CALL_BLOCK]))
        elif _RESULT_BLOCK in part:
            self._result(mapping(part[_RESULT_BLOCK]))
        elif kind in _CALLS:
            self._call(part)
        elif kind in _RESULTS:
            self._result(part)
        elif kind in _TEXTS:
            self.texts.append(text(part.get("text") or part.get("content")))

    def _call(self, call: Fields) -> None:
        call = mapping(call.get("tool_call")) or call
        function = mapping(call.get("function")) or call
        called = name(function.get("name") or function.get("toolName"))
        if called:
            self.calls.append(ToolCall(_id(call), called, _first(function, _ARGUMENTS)))

    def _result(self, part: Fields) -> None:
        content = next((part[n] for n in _OUTPUTS if part.get(n) is not None), None)
        self.results.append(ToolResult(_id(part), text_of_blocks(content)))


def text_of_blocks(value: JsonValue) -> str:
    """Return the text of a list of texts, as Anthropic and Bedrock write a result."""
    blocks = listed(value)
    texts = [b["text"] for b in blocks if isinstance(b, dict) and _is_text(b)]
    whole = 0 < len(texts) == len(blocks)
    return "\n".join(map(text, texts)) if whole else text(value)


def _is_text(block: Fields) -> bool:
    return isinstance(block.get("text"), str) and block.keys() <= {"text", "type"}


def _several(value: JsonValue) -> list[JsonValue]:
    """Return parts: of a list, of numbered attributes, or the only one."""
    if isinstance(value, dict):
        return numbered(value) or [value]
    if not isinstance(value, str):
        return listed(value)
    read = listed(value)
    return read if all(map(_is_part, read)) else [value]


def _is_part(part: JsonValue) -> bool:
    if not isinstance(part, dict):
        return False
    is_block = part.keys() <= _BLOCKS | {_CALL_BLOCK, _RESULT_BLOCK}
    return bool(_type(part) or part.get("toolName")) or (is_block and len(part) == 1)


def _id(fields: Fields) -> str:
    ids = ("call_id", "tool_call_id", "tool_use_id", "toolCallId", "toolUseId", "id")
    return next((name(fields[i]) for i in ids if fields.get(i)), "")


def _first(fields: Fields, names: Iterable[str]) -> str:
    return next((text(fields[n]) for n in names if fields.get(n) is not None), "")
