"""Contents of agents and tools as texts: the wrappings that frameworks put around are off."""

from collections.abc import Sequence
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.json_in_text import mapping, parsed
from pilotfish.traces.message_parts import text_of_blocks
from pilotfish.traces.messages import ChatMessage, messages
from pilotfish.traces.operation import Operation
from pilotfish.traces.values import text, unquoted

_WRAPPINGS: Final = ("input_args", "inputs", "kwargs", "args", "state", "data")
"""Around the inputs of a function: DSPy, openllmetry, LlamaIndex."""
_AROUND_ARGUMENTS: Final = {"args", "input_args", "kwargs", "sanitize_inputs_outputs"}
"""Around the arguments of a tool: also smolagents."""
_OF_A_STATE: Final = (frozenset({"ctx", "ev"}), frozenset({"init_state"}))
"""Fields of inputs that tell of a framework's own state and nothing else: LlamaIndex."""
_CONVERSATIONS: Final = ("messages", "input_messages", "chat_history", "history")
_QUESTIONS: Final = (
    "question",
    "query",
    "problem",
    "task",
    "description",
    "prompt",
    "input",
    "user_input",
    "user_message",
    "user_prompt",
    "message",
    "content",
    "text",
    "topic",
    "request",
    "goal",
    "objective",
)
_ANSWERS: Final = (
    "raw",
    "answer",
    "output",
    "result",
    "response",
    "final_output",
    "content",
)
_DEEP: Final = 8


def problem_of(value: JsonValue) -> str:
    """Return the question in an input: a text, messages, or the arguments of a function."""
    return _question(parsed(value), 0)


def asked(conversation: Sequence[ChatMessage]) -> str:
    """Return what the user asked: the first message of the last turn.

    A conversation repeats the turns before, and frameworks add to a question.
    """
    texts = [m for m in conversation if m.role == "assistant" or _is_asking(m)]
    places = [i for i, m in enumerate(texts) if m.role == "assistant"]
    last_turn = texts[places[-1] + 1 :] if places else texts
    questions = last_turn or [m for m in reversed(texts) if _is_asking(m)]
    return questions[0].text if questions else ""


def arguments_text(operation: Operation) -> str:
    """Return what a tool or an agent was called with; JSON is laid out in one way."""
    given = operation.facts.get("arguments", operation.facts.get("input"))
    if "input_messages" in operation.facts and given is None:
        return asked(operation.input_messages)
    value = parsed(given)
    while isinstance(value, dict) and value.keys() <= _AROUND_ARGUMENTS:
        inside = value.get("kwargs", value.get("input_args"))
        if not isinstance(inside, dict) or value.get("args"):
            break
        value = inside
    return text(value)


def result_text(operation: Operation) -> str:
    """Return what a tool returned."""
    given = operation.facts.get("result", operation.facts.get("output"))
    message = mapping(given)
    inside = mapping(message.get("data")) or mapping(message.get("kwargs"))
    if "tool" in (message.get("type"), inside.get("type")) and "content" in inside:
        return text(inside["content"])
    if "raw_output" in message:  # LlamaIndex
        return text(message["raw_output"])
    return text_of_blocks(unquoted(given))


def answer_of(operation: Operation) -> str:
    """Return what an agent or a chain answered."""
    if "output_messages" in operation.facts:
        return _last_text(operation.output_messages)
    given = operation.facts.get("output")
    value = parsed(given)
    if isinstance(value, dict):
        for key in _ANSWERS:
            if isinstance(value.get(key), str):
                return text(value[key])
        for key in _CONVERSATIONS:
            if isinstance(value.get(key), list):
                return _last_text(messages(value[key], "assistant"))
    return text(given)


def _is_asking(message: ChatMessage) -> bool:
    return message.role == "user" and bool(message.text.strip())


def _last_text(said: Sequence[ChatMessage]) -> str:
    texts = (m.text for m in reversed(said) if m.role == "assistant" and m.text)
    return next(texts, "")


def _question(value: JsonValue, depth: int) -> str:
    if isinstance(value, list):
        return asked(messages(value, "user")) or _each(value, depth)
    if not isinstance(value, dict) or depth > _DEEP:
        return text(value)
    if any(value.keys() >= fields for fields in _OF_A_STATE):
        return ""
    return _in_object(value, depth) or _only(value, depth) or text(value)


def _in_object(value: dict[str, JsonValue], depth: int) -> str:
    """Return the question in an object: in messages, under a usual name, or in a wrapping."""
    conversations = (value[k] for k in _CONVERSATIONS if isinstance(value.get(k), list))
    named = (value[k] for k in _QUESTIONS if isinstance(value.get(k), str))
    wrapped = (value[k] for k in _WRAPPINGS if value.get(k))
    questions = (
        *(asked(messages(conversation, "user")) for conversation in conversations),
        *map(text, named),
        *(_question(inside, depth + 1) for inside in wrapped),
    )
    return next(filter(None, questions), "")


def _only(value: dict[str, JsonValue], depth: int) -> str:
    """Return the question in an object that has one thing in it."""
    inside = [parsed(part) for part in value.values()]
    only = len(inside) == 1 and isinstance(inside[0], str | dict)
    return _question(inside[0], depth + 1) if only else ""


def _each(values: list[JsonValue], depth: int) -> str:
    """Return the questions in a list of tasks, a line each; any other list as it is."""
    if depth > _DEEP or not all(isinstance(value, dict) for value in values):
        return text(values)
    return "\n".join(_question(value, depth + 1) for value in values[:_DEEP])
