"""The text of an answer that arrives in pieces."""

from typing import Any, Final

from pilotfish._sdk.foreign import read
from pilotfish._sdk.text import PRECUT, as_text

_TEXT_AT: Final = (
    ("delta", "content"),  # openai, litellm
    ("delta", "text"),  # anthropic
    ("delta",),  # openai's responses
    ("content",),  # langchain
    ("text",),  # google-genai
)


class AnswerText:
    """Joins the texts of a stream; what else it has is taken only if there is no text.

    Nothing is kept beyond the length at which an answer is cut anyway.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._others: list[str] = []
        self._length = 0

    def add(self, piece: object) -> None:
        """Add a piece: a text, or an object of a model's client that has one."""
        if self._length > PRECUT:
            return
        text = _text(piece)
        kept, added = (
            (self._others, as_text(piece)) if text is None else (self._texts, text)
        )
        kept.append(added)
        self._length += len(added)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return not (self._texts or self._others)

    def __str__(self) -> str:
        return "".join(self._texts or self._others)


def _text(piece: object) -> str | None:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, bytes | bytearray):
        return piece.decode(errors="replace")
    choices = read(piece, "choices")  # openai, litellm
    holder = choices[0] if isinstance(choices, list) and choices else piece
    return next((text for path in _TEXT_AT if (text := _at(holder, path))), None)


def _at(holder: Any, path: tuple[str, ...]) -> str | None:
    for name in path:
        holder = read(holder, name)
    return holder if isinstance(holder, str) else None
