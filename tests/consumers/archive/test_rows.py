from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.consumers.archive.event_rows import event_row
from pilotfish.consumers.archive.rows import TABLES, hint_row
from pilotfish.schemas.advice import Candidate, HintGiven
from pilotfish.schemas.base import EARLIEST, LATEST
from pilotfish.schemas.events import (
    Agent,
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    HintMark,
    SignalRecorded,
    StepRecorded,
    StrategyAssigned,
)
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.topics import EVENTS

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
FIRST = EARLIEST.replace(tzinfo=None)
LAST = (LATEST - timedelta(microseconds=1)).replace(tzinfo=None)
EVERY_KIND = (
    AttemptStarted(attempt_id="a", problem="why?"),
    StepRecorded(attempt_id="a", kind="thought", name="think"),
    SignalRecorded(attempt_id="a", kind="verifier", value=1),
    AttemptEnded(attempt_id="a", status="succeeded"),
    FeedbackGiven(attempt_id="a", value=0),
    StrategyAssigned(attempt_id="a", strategy="plan-81c20f"),
)


def test_every_event_has_a_row_with_a_value_for_each_column() -> None:
    orders = {AttemptForgotten, TenantForgotten}
    assert {type(event) for event in EVERY_KIND} == set(EVENTS.messages) - orders
    for event in EVERY_KIND:
        row = event_row(event, 3, 7)._asdict()
        assert row["event"] == type(event).__name__
        assert row["event_id"] == event.event_id
        assert (row["topic_partition"], row["topic_offset"]) == (3, 7)


def test_a_step_keeps_what_was_measured() -> None:
    step = StepRecorded(
        attempt_id="a", at=AT, kind="action", name="sql", content="SELECT 1",
        truncated=True, duration_s=0.5, cost=0.25, tokens=12,
    )  # fmt: skip
    row = event_row(step, 0, 0)._asdict()
    assert row["kind"] == "action" and row["name"] == "sql"
    assert row["content"] == "SELECT 1" and row["truncated"]
    assert (row["duration_s"], row["cost"], row["tokens"]) == (0.5, 0.25, 12)


def test_start_and_end_keep_problem_agent_and_hint() -> None:
    agent = Agent(name="bot", version="2", model="m")
    start = AttemptStarted(
        attempt_id="a", problem="why?", problem_type="sql", approach="plan", agent=agent
    )
    row = event_row(start, 0, 0)._asdict()
    assert (row["content"], row["problem_type"], row["approach"]) == (
        "why?",
        "sql",
        "plan",
    )
    assert (row["agent"], row["agent_version"], row["model"]) == ("bot", "2", "m")

    end = AttemptEnded(attempt_id="a", status="failed", hint=HintMark(request_id="r"))
    row = event_row(end, 0, 1)._asdict()
    assert (row["status"], row["hint_request_id"]) == ("failed", "r")


def test_the_value_of_a_row_is_a_probability_whatever_the_unit_of_the_signal() -> None:
    signal = SignalRecorded(attempt_id="a", kind="exit_code", value=2)
    stars = FeedbackGiven(attempt_id="a", value=4, scale=(1, 5))
    assert [event_row(e, 0, 0).value for e in (signal, stars)] == [0.0, 0.75]


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_times_are_exact_to_the_microsecond(at: datetime) -> None:
    event = FeedbackGiven(attempt_id="a", at=at, value=1)
    micros = event_row(event, 0, 0)._asdict()["at"]
    seconds, rest = divmod(micros, 1_000_000)
    assert datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest) == at


@pytest.mark.parametrize("abstained", ["holdout", None])
def test_a_hint_row_tells_advice_from_abstention(abstained: str | None) -> None:
    hint = HintGiven.model_validate(
        {
            "request_id": "r",
            "tenant": "t",
            "client_id": "c",
            "approach": None if abstained else "plan",
            "abstained": abstained,
            "candidates": (Candidate(approach="plan", p_success=0.5, propensity=1),),
        }
    )
    row = dict(zip(TABLES[1].columns, hint_row(hint, 0, 0), strict=True))
    assert row["approach"] == ("" if abstained else "plan")
    assert row["abstained"] == (abstained or "")
    assert row["candidates"] == [("plan", 0.5, 1.0)]
