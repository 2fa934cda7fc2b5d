import re
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from pilotfish.schemas.base import Value
from pilotfish.schemas.compatibility import breaks
from pilotfish.schemas.json_schema import MESSAGES, schema_of


class Inner(Value):
    depth: int = Field(default=0, ge=0)


class Before(Value):
    name: Annotated[str, Field(min_length=1, max_length=10, pattern="^[a-z]+$")]
    kind: Literal["a", "b"] = "a"
    size: int = Field(default=0, ge=0, le=10)
    share: float | None = Field(default=None, gt=0, le=1)
    inner: Inner = Inner()
    more: dict[str, int] = Field(default_factory=dict, max_length=3)
    many: tuple[Inner, ...] = ()


def with_field(name: str, annotation: Any, default: Any = ...) -> dict[str, Any]:
    """Return the schema of Before with one field changed or added."""
    namespace = {
        "__annotations__": {name: annotation},
        "__module__": __name__,
    } | ({} if default is ... else {name: default})
    return type("After", (Before,), namespace).model_json_schema()  # type: ignore[attr-defined, no-any-return]


class DeeperInner(Value):
    depth: int = Field(default=0, ge=1)


class WithoutInner(Value):
    other: int = 0


BREAKING = {
    "a new required field": (with_field("new", str), "new: is required now"),
    "a default withdrawn": (with_field("size", int), "size: is required now"),
    "another type": (with_field("kind", int, 0), "kind: was string, is integer"),
    "float to int": (with_field("share", int | None, None), "share: alternative 0"),
    "null refused": (with_field("share", float, 0.5), "share: alternative 1 is gone"),
    "a value gone": (with_field("kind", Literal["a"], "a"), "kind: only|kind: 'b'"),
    "open made closed": (with_field("name", Literal["x", "y"]), "name: only"),
    "higher minimum": (
        with_field("size", Annotated[int, Field(ge=1, le=10)], 1),
        "minimum was 0, is 1",
    ),
    "lower maximum": (
        with_field("size", Annotated[int, Field(ge=0, le=9)], 0),
        "maximum was 10, is 9",
    ),
    "a new bound": (
        with_field("many", Annotated[tuple[Inner, ...], Field(max_length=5)], ()),
        "maxItems was None, is 5",
    ),
    "shorter text": (
        with_field(
            "name",
            Annotated[str, Field(min_length=1, max_length=9, pattern="^[a-z]+$")],
        ),
        "maxLength was 10, is 9",
    ),
    "another pattern": (
        with_field(
            "name",
            Annotated[str, Field(min_length=1, max_length=10, pattern="^[a-c]+$")],
        ),
        "pattern was",
    ),
    "nested, narrowed": (
        with_field("inner", DeeperInner, DeeperInner(depth=1)),
        r"inner\.depth: minimum",
    ),
    "nested, removed": (
        with_field("inner", WithoutInner, WithoutInner()),
        r"inner\.depth: is not allowed any more",
    ),
    "in a list": (
        with_field("many", tuple[DeeperInner, ...], ()),
        r"many\[items\]\.depth: minimum",
    ),
    "in a map": (
        with_field("more", Annotated[dict[str, bool], Field(max_length=3)], {}),
        r"more\.\*: was integer, is boolean",
    ),
}

FINE = {
    "nothing": Before.model_json_schema(),
    "a new optional field": with_field("new", str, ""),
    "a default given": with_field(
        "name",
        Annotated[str, Field(min_length=1, max_length=10, pattern="^[a-z]+$")],
        "x",
    ),
    "int to float": with_field("size", Annotated[float, Field(ge=0, le=10)], 0),
    "a value more": with_field("kind", Literal["a", "b", "c"], "a"),
    "closed made open": with_field("kind", str, "a"),
    "wider bounds": with_field("size", Annotated[int, Field(ge=-1)], 0),
    "null allowed": with_field("size", int | None, 0),
    "anything allowed": with_field("inner", Any, None),
}


@pytest.mark.parametrize("change", BREAKING)
def test_a_breaking_change_is_described(change: str) -> None:
    schema, message = BREAKING[change]
    [line] = breaks(Before.model_json_schema(), schema)
    assert re.search(message, line), line


def test_a_removed_field_breaks_because_unknown_ones_are_refused() -> None:
    old = with_field("new", str, "")
    assert breaks(old, Before.model_json_schema()) == [
        "message.new: is not allowed any more"
    ]


@pytest.mark.parametrize("change", FINE)
def test_a_wider_schema_is_compatible(change: str) -> None:
    assert breaks(Before.model_json_schema(), FINE[change]) == []


def test_an_unknown_keyword_breaks_unless_it_is_equal() -> None:
    odd = {"type": "integer", "multipleOf": 5}
    assert breaks({"type": "integer"}, odd) == ["message: multipleOf was None, is 5"]
    assert breaks(odd, odd) == []


@given(st.sampled_from(MESSAGES), st.sampled_from(MESSAGES))
def test_a_message_is_compatible_with_itself_alone(a: Any, b: Any) -> None:
    assert (breaks(schema_of(a), schema_of(b)) == []) == (a is b)
