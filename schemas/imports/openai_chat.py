"""OpenAI chat logs: fine-tuning files, stored completions, pairs of request and response."""

from collections.abc import Iterator
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.chat import conversation
from pilotfish.schemas.imports.events import content_id
from pilotfish.schemas.imports.format import Format, Sample, of_records
from pilotfish.schemas.imports.values import count, mappings, moment, name
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.prices import Tokens, cost

_NAME: Final = "openai-chat"
_READS: Final = (
    *("messages", "choices", "usage", "model", "id", "object", "created", "created_at"),
    *("request", "response", "body", "input", "output", "completion", "user"),
)
_INSIDE: Final = ("request", "response", "body", "input", "output", "completion")


def _is_this(sample: Sample) -> bool:
    return any(isinstance(r, dict) and _messages(r) for r in sample.records)


def _attempt(record: dict[str, Any]) -> Fields:
    parts = list(_parts(record))
    response = next((part for part in parts if mappings(part.get("choices"))), {})
    answer = [mapping(c.get("message")) for c in mappings(response.get("choices"))[:1]]
    usage = next((mapping(p["usage"]) for p in parts if p.get("usage")), {})
    model = next((p["model"] for p in (response, *parts) if p.get("model")), "")
    created = next(
        (p.get("created") or p.get("created_at") for p in (response, record)), None
    )
    tokens = _tokens(usage)
    return {
        **conversation([*_messages(record), *answer]),
        # Only a response's id is its own everywhere; rows are numbered from 0 in every file.
        "id": name(response.get("id")) or content_id(record),
        "model": model,
        "at": created,
        "tokens": count(usage.get("total_tokens")) or tokens.total or None,
        "cost": cost(name(model), tokens, at=moment(created)) or None,
        "attributes": _attributes(parts),
    }


def _tokens(usage: dict[str, Any]) -> Tokens:
    read = count(usage.get("prompt_tokens"))
    cached = mapping(usage.get("prompt_tokens_details")).get("cached_tokens")
    written = count(usage.get("completion_tokens"))
    return Tokens(read, written, min(read, count(cached)))


def _parts(record: dict[str, Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the record and the requests and responses inside it."""
    yield record
    for key in _INSIDE:
        inner = record.get(key)
        if isinstance(inner, dict) and depth < 2:
            yield from _parts(inner, depth + 1)


def _messages(record: dict[str, Any]) -> list[dict[str, Any]]:
    for part in _parts(record):
        messages = mappings(part.get("messages"))
        if any("role" in message for message in messages):
            return messages
    return []


def _attributes(parts: list[dict[str, Any]]) -> dict[str, str]:
    user = next((name(part["user"]) for part in parts if part.get("user")), "")
    return {"user.id": user} if user else {}


FORMAT: Final = Format(
    _NAME,
    "OpenAI chat logs: messages with tool calls, one conversation a line",
    _is_this,
    of_records(_NAME, _attempt, _READS),
    note="chat logs say nothing of the outcome: it stays unknown",
)
