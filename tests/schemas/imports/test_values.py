import math
from datetime import UTC, datetime

import pytest

from pilotfish.schemas.imports.values import (
    count,
    given,
    mappings,
    moment,
    name,
    seconds_between,
    text,
)
from pilotfish.schemas.json_in_text import mapping


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, ""),
        ("half a character \ud800", "half a character ?"),
        ([{"type": "text", "text": "a"}, {"type": "image"}, "b"], "a\n[image]\nb"),
        ([{"type": "tool_result", "content": [{"type": "text", "text": "x"}]}], "x"),
        ({"city": "Zürich"}, '{"city": "Zürich"}'),
        (7, "7"),
    ],
)
def test_the_text_of_a_content(value: object, wanted: str) -> None:
    assert text(value) == wanted


def test_objects_and_lists_may_stand_in_texts() -> None:
    assert mapping('{"a": 1}') == {"a": 1}
    assert mappings('[{"a": 1}, 2]') == [{"a": 1}]
    assert mapping("{broken") == mapping(["no object"]) == {}


def test_a_name_is_a_text_or_a_number() -> None:
    assert [name(v) for v in (" a ", 7, True, None, ["x"])] == ["a", "7", "", "", ""]


@pytest.mark.parametrize("odd", [-1, math.nan, math.inf, True, "7", None, 10**400])
def test_a_count_that_is_none_is_nothing(odd: object) -> None:
    assert count(odd) == 0
    assert count(7) == 7


def test_times_without_a_zone_are_in_utc() -> None:
    assert moment("2026-01-01T00:00:00") == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment("2026-01-01T02:00:00+02:00") == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment("yesterday") is None
    assert moment(17) is None


def test_a_duration_needs_both_ends_in_order() -> None:
    first, second = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01.5Z"
    assert seconds_between(first, second) == 1.5
    assert seconds_between(second, first) is None
    assert seconds_between(first, None) is None


def test_what_has_no_value_is_left_away_also_inside_lists() -> None:
    fields = {"a": None, "b": math.nan, "c": 0, "d": [{"e": None, "f": ""}, 1]}
    assert given(fields) == {"c": 0, "d": [{"f": ""}, 1]}
