"""A line of a transcript of Claude Code: what was said, and what that says of the attempt."""

from typing import Any, Final

from pilotfish.integrations.prices import Tokens
from pilotfish.schemas.events import Status

Entry = dict[str, Any]
"""A line of a transcript; `at` is its time."""
Block = dict[str, Any]

_OUR_FAULT: Final = ("invalid_request", "max_output_tokens")
"""Errors that a provider blames on the request."""


def is_interrupt(text: str) -> bool:
    """Return whether Claude Code says here that the user interrupted it."""
    return text.startswith("[Request interrupted by user")


def message_id(entry: Entry) -> str:
    """Return what the entries of one message have in common."""
    return str(entry["message"].get("id") or entry["uuid"])


def blocks(entry: Entry) -> list[Block]:
    """Return the blocks of an entry's message."""
    content = entry["message"].get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    listed = content if isinstance(content, list) else []
    return [block for block in listed if isinstance(block, dict)]


def text_of(content: Any) -> str:
    """Return the text of blocks, or of what a tool returned."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def tokens_of(message: dict[str, Any]) -> Tokens:
    """Return what a model read and wrote for a message."""
    usage = message.get("usage")
    if not isinstance(usage, dict):
        return Tokens()
    read = _count(usage, "cache_read_input_tokens")
    written = _count(usage, "cache_creation_input_tokens")
    fresh = _count(usage, "input_tokens")
    return Tokens(fresh + read + written, _count(usage, "output_tokens"), read, written)


def outcome_of(last: Entry) -> tuple[Status, str]:
    """Return the status that the last entry of an attempt tells, and why."""
    text = text_of(blocks(last))
    if last.get("isApiErrorMessage"):
        ours = last.get("error") in _OUR_FAULT
        return "failed" if ours else "infrastructure", text
    if last["type"] == "user" and is_interrupt(text):
        return "abandoned", "interrupted by the user"
    return "unknown", ""


def _count(usage: dict[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0
