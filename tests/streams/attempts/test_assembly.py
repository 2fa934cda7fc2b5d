from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from faults.drawn import START, events
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from pilotfish.schemas.base import micros, moment
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    HintMark,
    SignalKind,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.streams.attempts.assembly import (
    MAX_SEEN,
    MAX_SIGNALS,
    _say_unusable_asker,
    apply,
    event_mark,
)
from pilotfish.streams.attempts.state import State
from pilotfish.streams.labels.model import LabelModel
from pilotfish.streams.labels.rules import Label, Signal

MINUTE = timedelta(minutes=1)


def started(**fields: Any) -> AttemptStarted:
    made = {"attempt_id": "a", "problem": "p", "approach": "plan", "at": START}
    return AttemptStarted(**(made | fields))


def step(**fields: Any) -> StepRecorded:
    made = {"attempt_id": "a", "kind": "action", "name": "run", "at": START}
    return StepRecorded(**(made | fields))


def ended(status: str = "succeeded", **fields: Any) -> AttemptEnded:
    made = {"attempt_id": "a", "status": status, "at": START + MINUTE}
    return AttemptEnded(**(made | fields))


def feedback(value: float | None, **fields: Any) -> FeedbackGiven:
    return FeedbackGiven(attempt_id="a", value=value, at=START, **fields)


def fold(*published: Event) -> State:
    state = State("default", "a", 2)
    for offset, event in enumerate(published):
        apply(state, event, offset, LabelModel())
    return state


def copied(state: State) -> State:
    return deepcopy(state)


def test_an_attempt_is_assembled_and_labelled_when_it_ends() -> None:
    hint = HintMark(request_id="r", approach="react", propensity=0.5)
    open_attempt = fold(started(), step(cost=0.5, tokens=3), step(cost=0.25, tokens=4))
    assert open_attempt.version == 0 and not open_attempt.status
    state = fold(
        started(problem_type="sql"),
        step(cost=0.5, tokens=3),
        step(cost=0.25, tokens=4),
        ended(approach="react", hint=hint),
    )
    assert (state.version, state.label) == (1, Label(1.0))
    assert (state.problem, state.problem_type, state.approach) == ("p", "sql", "react")
    assert (state.steps, state.cost, state.tokens) == (2, 0.75, 7)
    assert state.first_offset == state.last_offset == 3
    assert state.hint == hint and state.signals == [Signal("explicit", 1.0, "end")]
    assert moment(state.started_us) == START
    assert state.ended_us == micros(START + MINUTE)


def test_feedback_after_the_end_revises_and_keeps_the_first_offset() -> None:
    state = fold(started(), ended("failed"), feedback(1.0), feedback(0.25))
    assert (state.version, state.label) == (3, Label(0.25))
    assert (state.first_offset, state.last_offset) == (1, 3)


def test_feedback_before_anything_else_is_joined() -> None:
    waiting = fold(feedback(1.0))
    assert waiting.version == 0 and waiting.signals
    state = fold(feedback(1.0), started(), ended("failed"))
    assert (state.version, state.label) == (1, Label(1.0))


def test_an_attempt_without_a_start_is_labelled_with_an_empty_problem() -> None:
    state = fold(step(at=START + MINUTE), step(), ended("failed"))
    assert (state.problem, state.approach, state.started) == ("", "", False)
    assert state.label == Label(0.0) and moment(state.started_us) == START


def test_a_late_start_fills_in_problem_and_time_and_revises() -> None:
    state = fold(step(at=START + MINUTE), ended(approach="react"), started())
    assert (state.problem, state.approach, state.version) == ("p", "react", 2)
    assert moment(state.started_us) == START
    assert fold(ended(), started()).approach == "plan"


def test_the_first_of_two_starts_counts() -> None:
    assert fold(started(), started(problem="other"), ended()).problem == "p"


def test_the_first_of_two_ends_counts() -> None:
    state = fold(started(), ended("failed"), ended("succeeded"))
    assert (state.version, state.label, state.status) == (1, Label(0.0), "failed")


def test_a_real_end_revises_an_abandonment_and_not_the_other_way_round() -> None:
    idle = ended("abandoned", at=START)
    assert fold(started(), idle).label == Label(None, "abandoned")
    state = fold(started(), idle, ended())
    assert (state.version, state.label, state.status) == (2, Label(1.0), "succeeded")
    assert state.ended_us == micros(START + MINUTE)
    assert fold(started(), ended(), idle).status == "succeeded"
    assert fold(started(), idle, ended("abandoned")).version == 1


def test_steps_after_the_end_are_late_and_count_nowhere_else() -> None:
    early = START - MINUTE
    state = fold(started(), step(cost=1), ended(), step(cost=5, tokens=9, at=early))
    assert (state.steps, state.late_steps) == (1, 1)
    assert (state.cost, state.tokens, state.version) == (1, 0, 1)
    assert moment(state.started_us) == START and state.last_offset == 3


@pytest.mark.parametrize("first", ["abandoned", "unknown", "infrastructure"])
def test_an_attempt_without_an_outcome_goes_on_when_it_is_taken_up(first: str) -> None:
    hint = HintMark(request_id="r", approach="react", propensity=0.5)
    later = START + timedelta(hours=2)
    state = fold(
        started(),
        step(cost=1, name="turn 1"),
        ended(first, approach="react", hint=hint),
        step(cost=2, name="turn 3", at=later),
        ended("succeeded", at=later + MINUTE),
    )
    assert (state.status, state.label.p_success) == ("succeeded", 1.0)
    assert (state.steps, state.late_steps, state.cost) == (2, 0, 3)
    assert state.conduct.actions == ["turn 1", "turn 3"]
    # What only the first process knew is kept.
    assert (state.approach, state.hint) == ("react", hint)
    assert moment(state.started_us) == START
    assert state.ended_us == micros(later + MINUTE)


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("abandoned", "unknown", "unknown"),
        ("unknown", "abandoned", "unknown"),
        ("unknown", "infrastructure", "infrastructure"),
        ("infrastructure", "unknown", "infrastructure"),
        ("infrastructure", "failed", "failed"),
        ("failed", "infrastructure", "failed"),
        ("succeeded", "failed", "succeeded"),
    ],
)
def test_of_two_ends_the_one_that_says_more_counts(
    first: str, second: str, status: str
) -> None:
    assert fold(started(), ended(first), ended(second)).status == status


def test_a_later_turn_may_take_advice() -> None:
    hint = HintMark(request_id="r", approach="react", propensity=0.5)
    turn = ended("unknown", approach="react", hint=hint)
    state = fold(started(), ended("unknown"), turn, ended("unknown"))
    assert (state.approach, state.hint, state.version) == ("react", hint, 2)
    final = fold(started(), ended("succeeded"), turn)
    assert (final.approach, final.hint, final.version) == ("plan", None, 1)


def test_a_verifier_after_the_end_still_counts() -> None:
    verified = SignalRecorded(attempt_id="a", kind="verifier", value=1.0)
    state = fold(started(), ended("unknown"), verified)
    assert (state.version, state.label) == (2, Label(1.0))


def test_a_duplicate_event_counts_once() -> None:
    once = step(cost=1)
    state = fold(started(), once, once)
    assert (state.steps, state.last_offset) == (1, 1)


def test_remembered_ids_and_signals_are_bounded() -> None:
    many = [feedback(0.5) for _ in range(MAX_SEEN + 10)]
    state = fold(*many)
    assert len(state.seen) == MAX_SEEN and len(state.signals) == MAX_SIGNALS
    assert event_mark(many[-1].event_id) in state.seen
    assert event_mark(many[0].event_id) not in state.seen


def test_times_keep_their_microseconds() -> None:
    at = datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert moment(micros(at)) == at


@given(st.lists(events, max_size=30), st.data())
def test_a_replay_from_any_point_changes_nothing(
    published: list[Event], data: st.DataObject
) -> None:
    state = fold(*published)
    before = copied(state)
    for offset in range(data.draw(st.integers(0, 30)), len(published)):
        assert not apply(state, published[offset], offset, LabelModel())
    assert state == before


@given(st.lists(events, max_size=30), st.data())
def test_duplicates_at_later_offsets_change_nothing(
    published: list[Event], data: st.DataObject
) -> None:
    state = fold(*published)
    before = copied(state)
    for offset, event in enumerate(data.draw(st.permutations(published)), start=100):
        assert not apply(state, event, offset, LabelModel())
    assert state == before


@given(st.lists(events, max_size=30))
def test_a_label_exists_from_the_end_on_and_versions_rise(
    published: list[Event],
) -> None:
    state = State("default", "a", 0)
    for offset, event in enumerate(published):
        before = copied(state)
        apply(state, event, offset, LabelModel())
        assert (state.version > 0) == bool(state.status)
        assert state.version in (before.version, before.version + 1)
        if before.version:
            assert state.first_offset == before.first_offset
            names = ("label", "problem", "approach", "started_us", "ended_us", "cost")
            changed = any(getattr(state, f) != getattr(before, f) for f in names)
            assert not changed or state.version > before.version


def test_the_names_of_the_first_actions_are_kept_in_order() -> None:
    steps = [step(name=f"tool {number}") for number in range(70)]
    thought = step(kind="thought", name="plan")
    state = fold(started(), thought, *steps, ended(), step(name="late"))
    assert state.conduct.actions == [f"tool {number}" for number in range(64)]


@pytest.mark.parametrize(
    ("attributes", "asker"),
    [
        ({"user.id": "ada", "session.id": "s1"}, "ada"),
        ({"session.id": "s1"}, "s1"),
        ({"user.id": "", "session.id": 7}, "7"),
        ({"user.id": "x" * 300}, "x" * 200),
        ({}, ""),
    ],
)
def test_the_asker_is_the_user_or_else_the_session(
    attributes: dict[str, Any], asker: str
) -> None:
    assert fold(started(attributes=attributes), ended()).asker == asker


@pytest.mark.parametrize(
    ("kind", "value", "scale", "probability"),
    [
        ("exit_code", 0, None, 1.0),
        ("exit_code", 2, None, 0.0),
        ("judge", 7, 10, 0.7),
        ("thumbs", -1, None, 0.0),
    ],
)
def test_a_label_is_made_of_what_a_signal_means(
    kind: SignalKind, value: float, scale: float | None, probability: float
) -> None:
    signal = SignalRecorded(
        attempt_id="a", at=START, kind=kind, value=value, scale=scale
    )
    state = fold(started(), signal, ended("unknown"))
    assert state.label == Label(probability)
    assert state.signals == [Signal(kind, probability)]


def test_stars_are_feedback_on_their_scale_and_a_comment_is_no_evidence() -> None:
    assert fold(started(), ended(), feedback(2, scale=(1, 5))).label == Label(0.25)
    assert fold(started(), ended(), feedback(None, detail="nice")).label == Label(1.0)


def test_an_asker_that_cannot_be_used_is_said_once() -> None:
    _say_unusable_asker.cache_clear()
    odd = {"user.id": {"name": "ann"}, "session.id": "s1"}
    with capture_logs() as logs:
        states = [fold(started(attributes=odd)) for _ in range(2)]
    assert [state.asker for state in states] == ["s1", "s1"]
    assert [(log["event"], log["attribute"]) for log in logs] == [
        ("asker_unusable", "user.id")
    ]
