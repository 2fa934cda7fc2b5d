from enum import Enum, IntEnum, StrEnum, auto
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish._sdk.text import PRECUT, as_text, cut_text


class Mixed(str, Enum):  # noqa: UP042 - StrEnum would hide what is tested
    PLAN = "plan"


class Modern(StrEnum):
    PLAN = "plan"


class Plain(Enum):
    PLAN = "plan"


class Numbered(Enum):
    PLAN = auto()


class Code(IntEnum):
    OK = 200


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


class Unprintable:
    def __repr__(self) -> str:
        return "Unprintable()"

    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plan", "plan"),
        (Mixed.PLAN, "plan"),
        (Modern.PLAN, "plan"),
        (Plain.PLAN, "plan"),
        (Numbered.PLAN, "PLAN"),
        (Code.OK, "200"),
        (Loud("loud plan"), "loud plan"),
        (None, ""),
        (7, "7"),
        (0.5, "0.5"),
        (b"raw", "b'raw'"),
        ({"a": [1, None]}, "{'a': [1, None]}"),
        (Unprintable(), "[Unprintable has no text]"),
    ],
    ids=repr,
)
def test_everything_becomes_text_in_one_way(value: object, text: str) -> None:
    assert as_text(value) == text
    assert type(as_text(value)) is str


@given(st.recursive(st.none() | st.floats() | st.text() | st.binary(), st.lists))
def test_small_objects_are_converted_as_by_str(value: Any) -> None:
    if value is not None:
        assert cut_text(value) == (str(value), False)


@pytest.mark.parametrize("kind", [str, Loud])
def test_a_long_text_is_cut(kind: type[str]) -> None:
    assert cut_text(kind("x" * PRECUT)) == ("x" * PRECUT, False)
    assert cut_text(kind("x" * (PRECUT + 1))) == ("x" * PRECUT, True)
