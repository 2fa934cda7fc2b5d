"""The tokens that a Codex transcript counts, again and again, since the session began."""

from typing import Any

from pilotfish.schemas.imports.values import count
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.prices import Tokens


class Usage:
    """What was used up to a line of the transcript."""

    def __init__(self) -> None:
        self._total = Tokens()

    def new(self, item: dict[str, Any]) -> Tokens:
        """Return what is new: the same total is often told twice, and begins anew."""
        info = mapping(item.get("info"))
        total = _tokens(info.get("total_token_usage"))
        last = _tokens(info.get("last_token_usage"))
        before = self._total
        self._total = total if total.total else before
        if total.total >= before.total > 0:
            return Tokens(*(max(0, n - o) for n, o in zip(total, before, strict=True)))
        return last if last.total else total


def _tokens(told: object) -> Tokens:
    used = mapping(told)
    output = count(used.get("output_tokens"))
    read = count(used.get("input_tokens"))
    if not read + output:
        read = count(used.get("total_tokens"))
    return Tokens(
        read,
        output,
        cache_read=min(read, count(used.get("cached_input_tokens"))),
        cache_write=count(used.get("cache_write_input_tokens")),
    )
