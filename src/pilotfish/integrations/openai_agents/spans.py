"""What the spans of OpenAI Agents say of an attempt."""

from datetime import datetime
from typing import Any

from pilotfish._sdk.foreign import read
from pilotfish._sdk.text import as_text
from pilotfish.integrations.agent_run import ModelCall
from pilotfish.schemas.prices import Tokens


def problem_of(data: Any, name: str = "input") -> str:
    """Return what was asked: the last message of a user in the input of a model."""
    given = read(data, name)
    if isinstance(given, str):
        return given
    messages = given if isinstance(given, list | tuple) else ()
    asked = (_text(m) for m in reversed(messages) if read(m, "role") == "user")
    return next(asked, "")


def model_call(data: Any, duration_s: float | None) -> ModelCall | None:
    """Return one call of a model, of a generation or a response; None if it failed."""
    response = read(data, "response") or {}
    output = read(response, "output") or read(data, "output")
    usage = read(data, "usage") or read(response, "usage")
    if not output and not usage:
        return None
    items = output if isinstance(output, list) else []
    calls = [call for item in items for call in _calls(item)]
    text = "\n".join(filter(None, map(_text, items)))
    return ModelCall(
        model=as_text(read(response, "model") or read(data, "model") or ""),
        text=text or (as_text(calls) if calls else ""),
        is_answer=not calls,
        tokens=_tokens(usage),
        duration_s=duration_s,
    )


def tool_result(span: Any) -> str:
    """Return what a tool returned, or the error that it raised."""
    error = read(span.error, "data") if span.error else None
    if span.error:
        return as_text(read(error, "error") or read(span.error, "message"))
    return as_text(span.span_data.output)


def duration_s(span: Any) -> float:
    """Return the seconds that a span took."""
    ended, began = (
        datetime.fromisoformat(at) for at in (span.ended_at, span.started_at)
    )
    return max((ended - began).total_seconds(), 0.0)


def _text(item: Any) -> str:
    """Return the text of a message, whose content may have parts."""
    content = read(item, "content")
    if isinstance(content, list):
        texts = (read(part, "text") for part in content)
        return "\n".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _calls(item: Any) -> list[tuple[str, str]]:
    """Return names and arguments: of an item of a response, or of a chat's message."""
    kind = as_text(read(item, "type") or "")
    if kind.endswith("_call"):
        arguments = read(item, "arguments") or read(item, "action")
        return [(as_text(read(item, "name") or kind), as_text(arguments))]
    functions = [read(call, "function") for call in read(item, "tool_calls") or ()]  # type: ignore[attr-defined]
    return [
        (as_text(read(f, "name")), as_text(read(f, "arguments"))) for f in functions
    ]


def _tokens(usage: Any) -> Tokens:
    details = read(usage, "input_tokens_details") or usage
    return Tokens(
        input=_count(usage, "input_tokens", "prompt_tokens"),
        output=_count(usage, "output_tokens", "completion_tokens"),
        cache_read=_count(details, "cached_tokens", "cached_input_tokens"),
        cache_write=_count(details, "cache_write_tokens", "cache_write_input_tokens"),
    )


def _count(usage: Any, *names: str) -> int:
    counts = (read(usage, name) for name in names)
    return next((count for count in counts if isinstance(count, int)), 0)
