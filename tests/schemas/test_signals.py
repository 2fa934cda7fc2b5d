import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import FeedbackGiven, SignalKind, SignalRecorded
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.json_schema import schema_of
from pilotfish.schemas.signals import FEEDBACK, p_success
from pilotfish.schemas.topics import EVENTS

KINDS = (*get_args(SignalKind), FEEDBACK)
NUMBERS = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("kind", "value", "scale", "probability"),
    [
        ("exit_code", 0, None, 1.0),
        ("exit_code", 1, None, 0.0),
        ("exit_code", 2, None, 0.0),
        ("exit_code", 137, None, 0.0),
        ("exit_code", -9, None, 0.0),
        ("exit_code", 3221225786, None, 0.0),
        ("exit_code", True, None, 1.0),
        ("exit_code", False, None, 0.0),
        ("thumbs", 1, None, 1.0),
        ("thumbs", -1, None, 0.0),
        ("thumbs", 0, None, 0.0),
        ("tests", 0.75, None, 0.75),
        ("tests", 15, 20, 0.75),
        ("judge", 7, 10, 0.7),
        ("judge", 0.7, None, 0.7),
        ("judge", -1, (-1, 1), 0.0),
        ("judge", 2, (6, 1), 0.8),
        (FEEDBACK, 4, (1, 5), 0.75),
        (FEEDBACK, True, None, 1.0),
        ("verifier", None, 10, None),
    ],
)
def test_each_kind_is_read_in_its_own_unit(
    kind: str, value: Any, scale: Any, probability: float | None
) -> None:
    assert p_success(kind, value, scale) == probability


@pytest.mark.parametrize(
    ("kind", "value", "scale", "message"),
    [
        ("judge", 7, None, "or its scale"),
        ("judge", float("nan"), None, "or its scale"),
        ("thumbs", -2, None, "or its scale"),
        ("exit_code", 0.5, None, "integer"),
        ("exit_code", float("inf"), None, "integer"),
        ("judge", 11, 10, "not on its scale"),
        ("judge", float("nan"), 10, "not on its scale"),
        ("tests", 0, 0, "no worst and best"),
        ("judge", 1, (0, float("inf")), "no worst and best"),
        ("judge", True, float("nan"), "no worst and best"),
        ("judge", None, (1, 1), "no worst and best"),
    ],
)
def test_what_cannot_be_read_is_a_clear_error(
    kind: str, value: Any, scale: Any, message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        p_success(kind, value, scale)


@given(st.sampled_from(KINDS), NUMBERS, NUMBERS, NUMBERS)
def test_on_a_scale_better_values_are_never_less_likely_to_be_successes(
    kind: str, worst: float, best: float, value: float
) -> None:
    if worst == best:
        return
    low, high = sorted((worst, best))
    inside = min(max(value, low), high)
    probability = p_success(kind, inside, (worst, best))
    assert probability is not None and 0 <= probability <= 1
    assert p_success(kind, worst, (worst, best)) == 0
    assert p_success(kind, best, (worst, best)) == 1


@given(st.sampled_from(KINDS), st.booleans())
def test_a_truth_means_the_same_for_every_kind(kind: str, value: bool) -> None:
    assert p_success(kind, value, None) == float(value)


def read(schema: str, version: int, **fields: Any) -> Any:
    common = {"event_id": new_id(), "attempt_id": "a", "at": "2026-01-01T00:00:00Z"}
    headers = [("schema", schema), ("version", str(version))]
    return decode(EVENTS, json.dumps(common | fields).encode(), headers)


@pytest.mark.parametrize(("value", "probability"), [(1, 1.0), (0, 0.0), (0.25, 0.25)])
def test_an_old_exit_code_stays_a_probability(value: float, probability: float) -> None:
    signal = read("SignalRecorded", 1, kind="exit_code", value=value)
    assert isinstance(signal, SignalRecorded) and signal.p_success == probability


@pytest.mark.parametrize(
    "kind", [kind for kind in get_args(SignalKind) if kind != "exit_code"]
)
@pytest.mark.parametrize("value", [0, 0.25, 1, None])
def test_other_old_signals_mean_what_they_meant(kind: str, value: float | None) -> None:
    assert read("SignalRecorded", 1, kind=kind, value=value).p_success == value


def test_old_feedback_means_what_it_meant() -> None:
    assert read("FeedbackGiven", 1, value=0.25).p_success == 0.25


def test_the_wire_takes_natural_units() -> None:
    assert read("SignalRecorded", 2, kind="exit_code", value=0).p_success == 1
    assert read("SignalRecorded", 2, kind="exit_code", value="0").p_success == 1
    assert read("SignalRecorded", 2, kind="thumbs", value=False).p_success == 0
    assert read("SignalRecorded", 2, kind="judge", value=7, scale=10).p_success == 0.7
    assert read("FeedbackGiven", 2, value=2, scale=[1, 5]).p_success == 0.25
    with pytest.raises(SchemaError, match="judge: give a value from 0 to 1, or its"):
        read("SignalRecorded", 2, kind="judge", value=7)


@pytest.mark.parametrize("message", [SignalRecorded, FeedbackGiven])
def test_the_json_schema_says_the_unit(message: type[SignalRecorded]) -> None:
    description = " ".join(schema_of(message)["description"].split())
    assert "`scale` gives the best value" in description
