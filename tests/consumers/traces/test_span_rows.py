import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.consumers.traces.span_rows import row_of, span_of
from pilotfish.traces.span import Span, SpanEvent

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
ATTRIBUTES = st.dictionaries(st.text(), VALUES, max_size=4)
START_US = 1_790_000_000_000_000


@given(
    ATTRIBUTES,
    ATTRIBUTES,
    st.lists(st.builds(SpanEvent, st.text(), st.integers(0, 2**50), ATTRIBUTES)),
    st.integers(0, 10**12),
)
def test_a_span_comes_back_as_it_was(
    attributes: dict[str, Any],
    resource: dict[str, Any],
    events: list[SpanEvent],
    length_us: int,
) -> None:
    span = Span(
        "a" * 32,
        "b" * 16,
        "",
        "chat",
        START_US,
        START_US + length_us,
        "error",
        "too long",
        attributes,
        resource,
        "scope",
        tuple(events),
        remote_parent=bool(events),
    )
    assert span_of(row_of("t", span)) == span


def test_numbers_that_json_does_not_have_are_kept_as_python_writes_them() -> None:
    span = Span("a" * 32, "b" * 16, "", "x", 0, 0, attributes={"x": float("inf")})
    row = row_of("t", span)
    assert json.loads(row.attributes) == {"x": float("inf")}
