from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, TypeAdapter

from pilotfish._sdk.attributes import (
    MAX_ATTRIBUTE,
    MAX_ATTRIBUTES,
    copy_attributes,
)
from pilotfish._sdk.excerpt import MAX_VALUES


class Plan(str, Enum):  # noqa: UP042 - StrEnum would hide what is tested
    A = "a"


def test_values_keep_their_json_type_and_others_become_text() -> None:
    given: dict[Any, Any] = {
        "text": "x",
        "number": 7,
        "truth": True,
        "none": None,
        "nan": float("nan"),
        "numpy": np.int64(42),
        "numpy float": np.float32(0.5),
        "decimal": Decimal("0.1"),
        "enum": Plan.A,
        Plan.A: [1, (2, {"b": {3}})],
        3: "three",
    }
    values, _, left_out = copy_attributes(given)
    assert left_out == ()
    assert values == {
        "text": "x",
        "number": 7,
        "truth": True,
        "none": None,
        "nan": None,
        "numpy": 42,
        "numpy float": 0.5,
        "decimal": "0.1",
        "enum": "a",
        "a": [1, [2, {"b": "{3}"}]],
        "3": "three",
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(st.dictionaries(st.text(), VALUES))
def test_a_copy_is_json_and_shares_nothing(attributes: dict[str, Any]) -> None:
    values, size, left_out = copy_attributes(attributes)
    assert left_out == () and set(values) == set(attributes)
    assert size >= sum(map(len, values))
    TypeAdapter(dict[str, JsonValue]).validate_python(values, strict=True)


class Unreadable(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError("no items")


CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    "odd",
    [
        list(range(MAX_VALUES + 1)),
        {n: n for n in range(MAX_VALUES + 1)},
        "x" * (MAX_ATTRIBUTE + 1),
        CYCLE,
        Unreadable(),
    ],
    ids=["list", "dict", "text", "cycle", "unreadable"],
)
def test_an_odd_attribute_costs_no_other(odd: Any) -> None:
    values, _, left_out = copy_attributes({"odd": odd, "list": [1], "user.id": 7})
    assert values == {"list": [1], "user.id": 7}
    assert len(left_out) == 1 and left_out[0].startswith("odd: ")


def test_the_first_attributes_are_kept() -> None:
    values, _, left_out = copy_attributes({f"a{n}": n for n in range(10_000)})
    assert list(values.values()) == list(range(MAX_ATTRIBUTES))
    assert left_out == (f"are more than {MAX_ATTRIBUTES}",)


class Costly(list[Any]):
    """A list that counts how much of it is read."""

    read = 0

    def __iter__(self) -> Any:
        for item in super().__iter__():
            Costly.read += 1
            yield item


@pytest.mark.parametrize("length", [100, 10_000])
def test_the_work_for_many_attributes_is_bounded(length: int) -> None:
    Costly.read = 0
    costly = Costly(range(length))
    values, _, left_out = copy_attributes({f"a{n}": costly for n in range(10_000)})
    assert Costly.read <= MAX_VALUES and left_out
    assert all(len(value) == length for value in values.values())


@pytest.mark.parametrize("odd", [7, object(), Unreadable()])
def test_what_is_no_mapping_is_left_out(odd: object) -> None:
    values, _, left_out = copy_attributes(odd)
    assert values == {} and len(left_out) == 1


@pytest.mark.parametrize("nothing", [None, {}, [], ()])
def test_nothing_is_nothing(nothing: object) -> None:
    assert copy_attributes(nothing) == ({}, 0, ())
