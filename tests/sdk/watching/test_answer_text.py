from types import SimpleNamespace
from typing import Any

import pytest

from pilotfish._sdk.text import PRECUT
from pilotfish._sdk.watching.answer_text import AnswerText


def joined(*pieces: object) -> str:
    text = AnswerText()
    for piece in pieces:
        text.add(piece)
    return str(text)


def chunk(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**fields)


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["a", "b"], "ab"),
        ([b"a", bytearray(b"\xff")], "a\N{REPLACEMENT CHARACTER}"),
        ([chunk(content="a"), chunk(content="b")], "ab"),
        ([chunk(text="a"), {"text": "b"}], "ab"),
        ([{"choices": [{"delta": {"content": "a"}}]}, {"choices": []}], "a"),
        ([chunk(type="start"), chunk(delta=chunk(text="a")), chunk(type="stop")], "a"),
        ([chunk(delta="a"), chunk(delta=chunk(partial_json="{"))], "a"),
        ([1, 2], "12"),
        ([{"step": 1}, "text"], "text"),
        ([], ""),
        ([None], ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_texts_are_found_and_joined(pieces: list[object], text: str) -> None:
    assert joined(*pieces) == text


def test_what_would_be_cut_is_not_kept() -> None:
    text = AnswerText()
    assert text.is_empty
    for _ in range(100):
        text.add("x" * (PRECUT // 10))
    assert PRECUT < len(str(text)) < PRECUT * 1.2
    assert not text.is_empty
