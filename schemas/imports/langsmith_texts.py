"""What the inputs and outputs of LangSmith's runs say, in the layouts of LangChain and OpenAI."""

from typing import Any, Final

from pilotfish.schemas.imports.values import elements, mappings, name, text
from pilotfish.schemas.json_in_text import mapping

_TEXT_KEYS: Final = (
    *("input", "question", "query", "problem", "prompt", "text", "topic"),
    *("output", "answer", "result", "response", "generation"),
)
_SPEAKERS: Final = {"human": "user", "ai": "assistant"}


def asked(inputs: object) -> str:
    """Return what was asked: the first message of the user, or the input's text."""
    given = mapping(inputs)
    for message in _messages(given):
        if _speaker(message) == "user":
            return text(_content(message))
    return plain(inputs)


def answered(outputs: object) -> str:
    """Return what was answered: the last message or generation, or the output's text."""
    given = mapping(outputs)
    if elements(given.get("generations")):
        generation = _generation(given)
        message = mapping(generation.get("message"))
        return text(generation.get("text")) or _spoken(message)
    choices = mappings(given.get("choices"))
    messages = [mapping(c.get("message")) for c in choices[:1]] or _messages(given)
    return _spoken(messages[-1]) if messages else plain(outputs)


def usage(outputs: object) -> dict[str, Any]:
    """Return the tokens that the message of a model tells; empty if it tells none."""
    message = mapping(_generation(mapping(outputs)).get("message"))
    inner = mapping(message.get("kwargs")) or message
    return mapping(inner.get("usage_metadata"))


def _generation(given: dict[str, Any]) -> dict[str, Any]:
    first = next(iter(elements(given.get("generations"))), None)
    return mapping(elements(first)[0] if elements(first) else first)


def _spoken(message: dict[str, Any]) -> str:
    """Return a message's text, or else its calls of tools."""
    calls = mapping(message.get("kwargs")).get("tool_calls") or message.get(
        "tool_calls"
    )
    return text(_content(message)) or (text({"tool_calls": calls}) if calls else "")


def _messages(given: dict[str, Any]) -> list[dict[str, Any]]:
    found = elements(given.get("messages"))
    if found and isinstance(found[0], list):  # a batch, as models are given
        found = found[0]
    alone = [given.get("message"), given.get("output")] if not found else []
    spoken = [*found, *(m for m in alone if isinstance(m, dict) and _speaker(m))]
    return [message for message in spoken if isinstance(message, dict)]


def _speaker(message: dict[str, Any]) -> str:
    """Return who speaks; LangChain's own JSON names the message's class."""
    kind = elements(message.get("id"))[-1:] or [""]
    inner = mapping(message.get("kwargs")).get("type")
    said = name(message.get("role") or inner or message.get("type"))
    said = said if said not in ("", "constructor") else name(kind[0])
    said = said.lower().removesuffix("chunk").removesuffix("message")
    return _SPEAKERS.get(said, said)


def _content(message: dict[str, Any]) -> object:
    inner = mapping(message.get("kwargs")) or mapping(message.get("data"))
    return inner.get("content") if inner else message.get("content")


def plain(value: object) -> str:
    """Return the text of inputs or outputs with one value of note; all else as JSON.

    What a tool returns may be a message; a run that failed returned nothing.
    """
    given = mapping(value)
    if not given:
        return text(value or "")
    if _speaker(returned := mapping(given.get("output"))) == "tool":
        return text(_content(returned))
    for key in _TEXT_KEYS:
        if isinstance(given.get(key), str) and given[key]:
            return text(given[key])
    if len(given) == 1 and not isinstance(only := next(iter(given.values())), dict):
        return text(only)
    return text(given)
