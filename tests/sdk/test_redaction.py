from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish._sdk.redaction import FAILED, Redaction
from pilotfish._sdk.warnings import Warnings

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda some: st.lists(some) | st.dictionaries(st.text(), some),
)


@given(ANY_TEXT)
def test_any_text_comes_out_as_utf8(text: str) -> None:
    out = Redaction(None, Warnings()).text(text)
    assert out.encode().decode() == out
    assert len(out) == len(text)


@given(JSON)
def test_no_text_within_values_is_left_out(value: Any) -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [text for item in value for text in texts(item)]
        return [value] if isinstance(value, str) else []

    redaction = Redaction(lambda _: "R", Warnings())
    assert set(texts(redaction.values(value))) <= {"R"}
    assert redaction.values(value) == Redaction(lambda _: "R", Warnings()).values(value)


@pytest.mark.parametrize("wrong", [None, 7, b"bytes"])
def test_a_function_that_returns_no_text_counts_as_failed(
    wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    redaction = Redaction(lambda _: wrong, Warnings())
    assert [redaction.text("a"), redaction.text("b")] == [FAILED, FAILED]
    assert redaction.failed == 2
    assert len(caplog.records) == 1


def test_texts_are_redacted_before_they_are_cut(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from pilotfish.schemas.events import MAX_CONTENT, StepRecorded
    from pilotfish.testing import MemoryClient

    with MemoryClient(redact=lambda text: text.replace("secret", "")) as client:
        with client.attempt("x") as attempt:
            attempt.action("say", "x" * (MAX_CONTENT - 3) + "secret" + "y" * 9)
        step = client.events[1]
    assert isinstance(step, StepRecorded)
    assert step.content.endswith("xyyy") and step.truncated
    assert caplog.records == []
