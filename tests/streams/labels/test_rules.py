from itertools import permutations
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.events import SignalKind, Status
from pilotfish.streams.labels.rules import END, FEEDBACK, Label, Signal, label

KINDS = [
    "explicit",
    "verifier",
    "exit_code",
    "tests",
    "judge",
    "thumbs",
    "exception",
    "infrastructure",
    "retry",
    "abandoned",
]
STATUSES = ["succeeded", "failed", "infrastructure", "abandoned", "unknown"]

values = st.none() | st.floats(0, 1)
signals = st.builds(
    Signal,
    st.sampled_from(KINDS),
    values,
    st.sampled_from(["", END, FEEDBACK + "user"]),
)


def of(status: str, *signals: tuple[str, float | None] | Signal) -> Label:
    made = [Signal(*signal) for signal in signals]  # type: ignore[arg-type]
    return label(cast("Status", status), made)


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (Signal("explicit", 1.0, FEEDBACK + "user"), Signal("explicit", 0.0, END)),
        (Signal("explicit", 1.0), Signal("verifier", 0.0)),
        (Signal("explicit", 1.0, END), Signal("tests", 0.0)),
        (Signal("verifier", 1.0), Signal("judge", 0.0)),
        (Signal("exit_code", 1.0), Signal("thumbs", 0.0)),
        (Signal("tests", 0.75), Signal("judge", 0.0)),
        (Signal("judge", 1.0), Signal("exception", None)),
        (Signal("thumbs", 1.0), Signal("retry", None)),
        (Signal("exception", 0.25), Signal("retry", 1.0)),
    ],
)
def test_the_stronger_evidence_decides_in_any_order(
    stronger: Signal, weaker: Signal
) -> None:
    for signals in permutations([stronger, weaker]):
        assert label("unknown", signals) == Label(stronger.value)


def test_of_equal_rank_the_latest_value_counts() -> None:
    assert of("unknown", ("verifier", 0.0), ("tests", 1.0)) == Label(1.0)
    first, last = (Signal("explicit", v, FEEDBACK + "user") for v in (1.0, 0.0))
    assert label("succeeded", [first, last]) == Label(0.0)


def test_an_exception_and_a_retry_mean_failure() -> None:
    assert of("unknown", ("exception", None)) == Label(0.0)
    assert of("abandoned", ("retry", None)) == Label(0.0)


@pytest.mark.parametrize("status", ["infrastructure", "failed", "unknown"])
def test_failed_infrastructure_is_not_the_approachs_fault(status: str) -> None:
    abstains = Label(None, "infrastructure")
    broken = ("infrastructure", None)
    assert of(status, broken) == abstains
    assert of(status, broken, ("verifier", 0.0)) == abstains
    assert of(status, broken, ("judge", 1.0)) == abstains
    assert of(status, Signal("explicit", 0.0, FEEDBACK + "user"), broken) == abstains


@pytest.mark.parametrize("kind", ["explicit", "verifier", "tests", "exit_code"])
def test_a_proven_success_counts_although_infrastructure_failed(kind: str) -> None:
    assert of("infrastructure", (kind, 1.0)) == Label(1.0)


def test_without_evidence_the_label_abstains() -> None:
    assert of("unknown") == Label(None, "no evidence")
    assert of("abandoned") == Label(None, "abandoned")
    assert of("abandoned", ("abandoned", None)) == Label(None, "abandoned")
    assert of("unknown", ("verifier", None)) == Label(None, "no evidence")


def test_evidence_is_stronger_than_abandonment() -> None:
    assert of("abandoned", ("tests", 1.0)) == Label(1.0)


def test_the_outcome_is_success_failure_or_the_reason_to_abstain() -> None:
    labels = Label(1.0), Label(0.5), Label(0.25), Label(None, "no evidence")
    outcomes = [label.outcome for label in labels]
    assert outcomes == ["success", "success", "failure", "no evidence"]


OUTCOMES = {"success", "failure", "infrastructure", "abandoned", "no evidence"}


@given(st.sampled_from(STATUSES), st.lists(signals))
def test_a_label_is_a_probability_or_an_abstention_with_a_reason(
    status: Status, signals: list[Signal]
) -> None:
    p_success, abstained, _ = label(status, signals)
    assert (p_success is None) == bool(abstained)
    assert p_success is None or 0 <= p_success <= 1
    assert label(status, signals).outcome in OUTCOMES


@given(st.sampled_from(STATUSES), st.lists(signals), st.floats(0.5, 1))
def test_a_success_by_feedback_always_counts(
    status: Status, signals: list[Signal], value: float
) -> None:
    feedback = Signal(cast("SignalKind", "explicit"), value, FEEDBACK + "user")
    assert label(status, [*signals, feedback]) == Label(value)
