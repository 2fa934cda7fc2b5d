"""What people write into the fields of a log, and what is read from it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.attempt_log.mending import attempt_of
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import MAX_CONTENT, MAX_PROBLEM

PLAIN = {"problem": "1+1?", "approach": "cot"}
STEP = {"kind": "action", "name": "sql"}
AT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
OPTIONAL = ("cost", "tokens", "duration_s", "model", "at", "ended_at", "id", "steps")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=4,
)


def read(**fields: Any) -> tuple[Any, list[str]]:
    odd: list[str] = []
    return attempt_of(PLAIN | fields, odd.append), odd


@pytest.mark.parametrize(
    ("field", "said", "meant"),
    [
        ("success", True, 1.0),
        ("success", False, 0.0),
        ("success", 0.7, 0.7),
        ("success", 1, 1.0),
        ("success", "false", 0.0),
        ("success", "yes", 1.0),
        ("success", "0.25", 0.25),
        ("success", None, None),
        ("success", float("nan"), None),
        ("cost", None, None),
        ("cost", "0.5", 0.5),
        ("tokens", 12.0, 12),
        ("at", "2025-01-02T03:04:05Z", AT),
        ("at", "2025-01-02T05:04:05+02:00", AT),
        ("at", "2025-01-02 03:04:05", AT),
        ("at", 1735787045, AT),
        ("at", 1735787045000, AT),
        ("id", 7, "7"),
        ("model", None, ""),
        ("problem_type", 3, "3"),
        ("problem", "x" * (MAX_PROBLEM + 1), "x" * MAX_PROBLEM),
        ("approach", "x" * 201, "x" * 200),
        ("approach", 5, "5"),
        ("steps", None, ()),
        ("steps", [None], ()),
    ],
)
def test_values_are_read_as_they_were_meant(
    field: str, said: object, meant: object
) -> None:
    attempt, odd = read(**{field: said})
    assert getattr(attempt, field) == meant
    assert odd == []


@pytest.mark.parametrize(
    ("field", "other", "value", "meant"),
    [
        ("duration_s", "duration", 1.5, 1.5),
        ("at", "timestamp", 1735787045, AT),
        ("at", "started_at", AT.isoformat(), AT),
        ("ended_at", "end_time", AT.isoformat(), AT),
        ("id", "attempt_id", "run-1", "run-1"),
    ],
)
def test_a_field_may_have_another_usual_name(
    field: str, other: str, value: object, meant: object
) -> None:
    for fields in ({other: value}, {field: value, other: None}):
        attempt, odd = read(**fields)
        assert getattr(attempt, field) == meant
        assert odd == []


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("cost", -1),
        ("cost", "$0.01"),
        ("cost", float("inf")),
        ("cost", {"usd": 1}),
        ("tokens", 1.5),
        ("duration_s", -0.1),
        ("at", "yesterday"),
        ("at", "1970-01-01T00:00:00Z"),
        ("at", "2100-01-01T00:00:00Z"),
        ("ended_at", 0),
        ("model", ["a"]),
        ("steps", "none"),
    ],
)
def test_an_odd_value_costs_the_field(field: str, said: object) -> None:
    plain, _ = read(success=True)
    attempt, [reason] = read(success=True, **{field: said})
    assert attempt == plain
    assert reason.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("success", "perhaps"),
        ("success", 1.5),
        ("success", -1),
        ("propensity", 0),
        ("problem", ""),
        ("problem", None),
        ("approach", None),
        ("approach", ""),
    ],
)
def test_what_learning_rests_on_is_not_guessed(field: str, said: object) -> None:
    with pytest.raises(SchemaError, match=f"^{field}: "):
        read(**{field: said})


@pytest.mark.parametrize("record", [None, 1, "x", [], [PLAIN]])
def test_what_is_no_object_is_no_attempt(record: object) -> None:
    with pytest.raises(SchemaError, match="not an object"):
        attempt_of(record, print)


def test_steps_keep_what_they_say() -> None:
    said = {
        "cost": 0.01,
        "tokens": 12,
        "duration": 2,
        "model": "m",
        "at": AT.isoformat(),
    }
    attempt, odd = read(steps=[STEP | said, {"kind": "plan", "content": None}])
    first, second = attempt.steps
    assert odd == []
    assert (first.cost, first.tokens, first.duration_s) == (0.01, 12, 2.0)
    assert (first.model, first.at) == ("m", AT)
    assert (second.kind, second.name, second.content) == ("thought", "thought", "")


def test_contents_are_text_and_cut_as_the_sdk_cuts() -> None:
    long = "é" * MAX_CONTENT
    attempt, odd = read(steps=[STEP | {"content": text} for text in ({"q": [1]}, long)])
    assert [step.content for step in attempt.steps] == [
        '{"q": [1]}',
        long[: 128 * 1024],
    ]
    assert [step.truncated for step in attempt.steps] == [False, True]
    assert odd == []


def test_an_odd_field_of_a_step_costs_that_field_alone() -> None:
    steps = [STEP | {"cost": -1, "tokens": 3}, {"kind": "?"}, 7, STEP | {"name": "b"}]
    attempt, odd = read(steps=steps)
    assert [(step.name, step.tokens) for step in attempt.steps] == [
        ("sql", 3),
        ("b", None),
    ]
    assert len(odd) == 3


@given(st.dictionaries(st.sampled_from(OPTIONAL), anything))
def test_no_optional_value_costs_the_attempt(fields: dict[str, object]) -> None:
    attempt, _ = read(success=True, **fields)
    assert (attempt.problem, attempt.approach, attempt.outcome) == ("1+1?", "cot", 1.0)


@given(
    st.dictionaries(st.sampled_from(("kind", "name", "content", *OPTIONAL)), anything)
)
def test_no_step_costs_the_attempt(step: dict[str, object]) -> None:
    attempt, _ = read(steps=[step, STEP])
    assert attempt.steps[-1].name == "sql"
