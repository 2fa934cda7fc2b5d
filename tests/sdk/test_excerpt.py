"""The cost of a text is counted in work, not in time: objects that become text, and bytes."""

import tracemalloc
from collections import Counter, OrderedDict, UserList, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from pilotfish._sdk.excerpt import CUT_VALUES, MAX_CHARACTERS, MAX_VALUES, excerpt

HUGE = 200_000


class Counted:
    """Counts how often it becomes text."""

    texts = 0

    def __repr__(self) -> str:
        Counted.texts += 1
        return "Counted()"


@dataclass
class Page:
    number: int
    rows: list[Any]
    secret: str = field(default="hush", repr=False)


class Row(NamedTuple):
    number: int
    rows: list[Any]


class Message(BaseModel):
    role: str
    rows: list[Any]
    secret: str = Field(default="hush", repr=False)


CONTAINERS: dict[str, Callable[[list[Any]], object]] = {
    "list": list,
    "tuple": tuple,
    "deque": deque,
    "set": set,
    "frozenset": frozenset,
    "UserList": UserList,
    "dict": dict.fromkeys,
    "OrderedDict": OrderedDict.fromkeys,
    "rows": lambda items: {"rows": items},
    "namespace": lambda items: SimpleNamespace(rows=items),
    "error": ValueError,
    "error with a code": lambda items: ValueError(1, items),
    "errors": lambda items: [ValueError(items), RuntimeError("x", items)],
    "proxy": lambda items: MappingProxyType(dict.fromkeys(items)),
    "keys": lambda items: dict.fromkeys(items).keys(),
    "values": lambda items: dict(enumerate(items)).values(),
    "lists": lambda items: [[item] for item in items],
    "messages": lambda items: [{"role": "user", "content": item} for item in items],
    "namedtuple": lambda items: Row(1, items),
    "Counter": Counter,
    "defaultdict": lambda items: defaultdict(int, dict.fromkeys(items, 1)),
    "dataclass": lambda items: Page(1, items),
    "dataclasses": lambda items: [Page(1, [item]) for item in items],
    "model": lambda items: Message(role="user", rows=items),
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_of_a_huge_object_only_the_beginning_becomes_text(
    container: Callable[[list[Any]], object],
) -> None:
    huge = container([Counted() for _ in range(HUGE)])
    Counted.texts = 0
    text, cut = excerpt(huge)
    assert cut and "..." in text and "hush" not in text
    assert 0 < Counted.texts <= CUT_VALUES / 20 + 1
    numbers = container(list(range(HUGE)))
    text, cut = excerpt(numbers)
    assert cut and "7" in text and len(text) < 40 * CUT_VALUES


@pytest.mark.parametrize(
    "huge",
    [
        b"\xff" * 20_000_000,
        bytearray(20_000_000),
        ["x" * 20_000_000],
        {"content": "\N{FISH}" * 5_000_000},
        {"rows": list(range(2_000_000))},
        [[0] * 1000] * 1000,
    ],
    ids=["bytes", "bytearray", "text", "wide", "rows", "square"],
)
def test_the_memory_of_a_text_is_bounded(huge: object) -> None:
    tracemalloc.start()
    try:
        text, cut = excerpt(huge)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cut and peak < 10 * MAX_CHARACTERS
    assert str(huge)[:1000] == text[:1000]


class Masked(dict[str, Any]):
    def __repr__(self) -> str:
        return "Masked(***)"


@dataclass
class MaskedPage(Page):
    def __repr__(self) -> str:
        return "MaskedPage(***)"


class MaskedMessage(Message):
    def __str__(self) -> str:
        return "MaskedMessage(***)"


HIDDEN = ["hush"] * HUGE


@pytest.mark.parametrize(
    "masked",
    [
        Masked(rows=HIDDEN),
        MaskedPage(1, HIDDEN),
        MaskedMessage(role="user", rows=HIDDEN),
    ],
    ids=lambda masked: type(masked).__name__,
)
def test_a_text_of_its_own_hides_what_it_hides(masked: object) -> None:
    assert excerpt(masked) == (str(masked), False)
    text, cut = excerpt([Masked(rows=HIDDEN), *range(HUGE)])
    assert cut and text.startswith("[Masked(***), 0, 1, ")


def test_a_cycle_ends() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    text, cut = excerpt(cycle)
    assert cut and len(text) < 100


def test_a_record_shows_its_fields() -> None:
    text, cut = excerpt(Page(1, list(range(MAX_VALUES + 1))))
    assert cut and text.startswith("Page(number=1, rows=[0, 1, 2, ")
    assert excerpt(Page(1, [2])) == ("Page(number=1, rows=[2])", False)


@given(st.integers(0, 2 * MAX_VALUES))
def test_the_beginning_is_that_of_the_whole(length: int) -> None:
    whole = list(range(length))
    text, cut = excerpt({"rows": whole})
    assert cut == (text != str({"rows": whole}))
    assert str({"rows": whole}).startswith(text[: text.index("...")] if cut else text)


@pytest.mark.parametrize(
    "small",
    [
        SimpleNamespace(a=1, b=["x"]),
        ValueError(),
        ValueError("said"),
        ValueError([1, 2]),
        KeyError("k"),
        OSError(2, "no such file", "name"),
        [ValueError("said", 1)],
    ],
)
def test_a_small_object_has_its_own_text(small: object) -> None:
    assert excerpt(small) == (str(small), False)


def test_the_text_of_a_large_error_begins_as_its_own() -> None:
    rows = list(range(HUGE))
    for error in (ValueError(rows), ValueError(1, rows)):
        text, cut = excerpt(error)
        assert cut
        assert str(error).startswith(text[:100])
    (text, _), own = (
        excerpt([ValueError(rows), SimpleNamespace(a=1)]),
        "[ValueError([0, 1",
    )
    assert text.startswith(own)
