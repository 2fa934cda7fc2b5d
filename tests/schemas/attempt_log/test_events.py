"""A logged attempt becomes the events that its agent would have published."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.attempt_log.events import events_of
from pilotfish.schemas.attempt_log.mending import attempt_of
from pilotfish.schemas.base import LATEST
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.topics import EVENTS

NOW = datetime(2026, 5, 6, tzinfo=UTC)
AT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
STEP = {"kind": "action", "name": "sql"}


def logged(**fields: Any) -> LoggedAttempt:
    return attempt_of({"problem": "1+1?", "approach": "cot", **fields}, print)


def events(**fields: Any) -> list[Event]:
    return events_of(logged(**fields), "acme", "a1", NOW)


def steps(**fields: Any) -> list[StepRecorded]:
    return [event for event in events(**fields) if isinstance(event, StepRecorded)]


def test_cost_model_times_and_duration_are_kept() -> None:
    made = events(success=True, cost=0.5, tokens=9, model="m", at=AT, duration_s=60)
    start, answer, end = made
    assert isinstance(start, AttemptStarted) and isinstance(end, AttemptEnded)
    assert (start.at, start.agent.model, start.problem) == (AT, "m", "1+1?")
    assert isinstance(answer, StepRecorded)
    assert (answer.kind, answer.cost, answer.tokens) == ("answer", 0.5, 9)
    assert (end.at, end.status, end.approach) == (
        AT + timedelta(minutes=1),
        "succeeded",
        "cot",
    )
    assert {event.tenant for event in made} == {"acme"}
    assert [event.event_id for event in made] == [f"a1/00000{n}" for n in (1, 2, 3)]


def test_the_same_attempt_has_the_same_events_at_another_time() -> None:
    one, other = (events_of(logged(), "t", "a", at) for at in (NOW, NOW + timedelta(1)))
    assert [event.event_id for event in one] == [event.event_id for event in other]


@pytest.mark.parametrize(
    ("success", "status", "signals"),
    [
        (True, "succeeded", []),
        (0, "failed", []),
        (0.7, "unknown", [("explicit", 0.7)]),
        (None, "unknown", []),
    ],
)
def test_an_outcome_is_an_end_or_a_signal_or_nothing(
    success: object, status: str, signals: list[object]
) -> None:
    made = events(success=success)
    assert isinstance(made[-1], AttemptEnded) and made[-1].status == status
    found = [(e.kind, e.value) for e in made if isinstance(e, SignalRecorded)]
    assert found == signals


def test_what_steps_do_not_account_for_is_counted_with_the_last() -> None:
    two = [STEP | {"cost": 0.1, "tokens": 5}, STEP | {"cost": 0.2}]
    assert [s.cost for s in steps(steps=two)] == [0.1, 0.2]
    assert [s.cost for s in steps(steps=two, cost=0.3)] == [0.1, 0.2]
    assert [s.cost for s in steps(steps=two, cost=0.1)] == [0.1, 0.2]
    more = steps(steps=two, cost=1, tokens=6)
    assert sum(s.cost for s in more) == pytest.approx(1)
    assert sum(s.tokens for s in more) == 6
    assert steps(success=True) == []


def test_steps_have_times_or_follow_one_another() -> None:
    later = AT + timedelta(hours=1)
    two = [STEP | {"duration_s": 5}, STEP, STEP | {"at": later, "duration_s": 2}]
    made = events(steps=two, at=AT)
    seconds = [(event.at - AT).total_seconds() for event in made]
    assert seconds == [0, 0, 5, 3600, 3602]
    assert [s.duration_s for s in steps(steps=two)] == [5, None, 2]
    [start, *_] = events(steps=[STEP | {"at": later}])
    assert start.at == later


def test_without_times_an_attempt_ends_now() -> None:
    assert {event.at for event in events()} == {NOW}
    start, end = events(duration_s=3)
    assert (start.at, end.at) == (NOW - timedelta(seconds=3), NOW)
    start, end = events(ended_at=AT, duration_s=3)
    assert (start.at, end.at) == (AT - timedelta(seconds=3), AT)
    start, end = events(at=AT, ended_at=AT - timedelta(1))
    assert start.at == end.at == AT


def test_a_content_that_json_makes_too_long_is_cut() -> None:
    [step] = steps(steps=[STEP | {"content": "\x01" * 256 * 1024}])
    assert step.truncated and len(encode(step)) <= EVENTS.max_bytes


times = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001
seconds = st.none() | st.floats(0, 1e9)
measures = {"cost": seconds, "tokens": st.none() | st.integers(0, 10**12)}
measures |= {"duration_s": seconds, "at": times}
step_fields = st.fixed_dictionaries(dict(measures)).map(lambda fields: STEP | fields)


@given(
    st.fixed_dictionaries(
        {
            **measures,
            "ended_at": times,
            "success": st.none() | st.floats(0, 1),
            "id": st.none() | st.text(),
            "steps": st.lists(step_fields, max_size=4),
        }
    )
)
def test_all_events_of_all_attempts_can_be_read(fields: dict[str, object]) -> None:
    made = events(**fields)
    for event in made:
        assert decode(EVENTS, encode(event), headers_of(event)) == event
        assert event.at < LATEST
    assert made[-1].at >= made[0].at
