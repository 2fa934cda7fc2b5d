"""The parts of a message: texts, calls of tools and their results, in every form."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.json_in_text import mapping, parsed
from pilotfish.traces.values import listed, name, numbered, text

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
_CALL_BLOCK: Final = "toolUse"
_RESULT_BLOCK: Final = "toolResult"
_BLOCKS: Final = (_CALL_BLOCK, _RESULT_BLOCK, "cachePoint", "reasoningContent", "text")
"""What a block of Bedrock is, its only key says."""
_TEXTS: Final = frozenset({"", "text", "input_text", "output_text", "refusal"})
_ARGUMENTS: Final = ("arguments", "args", "input", "parameters")
_OUTPUTS: Final = ("response", "result", "output", "content")


class Parts:
    """Collects what the parts of a message say: texts, calls and results."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.calls: list[ToolCall] = []
        self.results: list[ToolResult] = []

    @property
    def text(self) -> str:
        """All texts, a line each."""
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


def is_call(part: Fields) -> bool:
    """Return whether a message is nothing but the call of a tool."""
    return _type(part) in _CALLS


def is_result(part: Fields) -> bool:
    """Return whether a message is nothing but the result of a call."""
    return _type(part) in _RESULTS


def text_of_blocks(value: JsonValue) -> str:
    """Return the text of a list of texts, as Anthropic and Bedrock write a result."""
    read = parsed(value)
    blocks = read if isinstance(read, list) else []
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
    is_block = len(part) == 1 and not part.keys().isdisjoint(_BLOCKS)
    return is_block or bool(_type(part) or part.get("toolName"))


def _id(fields: Fields) -> str:
    ids = ("call_id", "tool_call_id", "tool_use_id", "toolCallId", "toolUseId", "id")
    return next((name(fields[i]) for i in ids if fields.get(i)), "")


def _first(fields: Fields, names: Iterable[str]) -> str:
    return next((text(fields[n]) for n in names if fields.get(n) is not None), "")


def _type(fields: Fields) -> str:
    kind = fields.get("type")
    return kind if isinstance(kind, str) else ""
