"""Whatever the agent passes, every call gives one event that a reader accepts."""

from decimal import Decimal
from enum import Enum
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish._sdk.approach_by import ApproachBy
from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.client import Client
from pilotfish._sdk.event_builder import EventBuilder
from pilotfish._sdk.mending import Mending
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.redaction import Redaction
from pilotfish._sdk.session import Session
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.events import Agent, Event
from pilotfish.schemas.topics import EVENTS


class Kept:
    """A session that keeps pending events."""

    deadline_s = 1.0
    approach_by = ApproachBy()

    def __init__(self) -> None:
        self.events: list[PendingEvent] = []

    def publish(self, event: PendingEvent) -> None:
        self.events.append(event)


class Plan(str, Enum):  # noqa: UP042 - StrEnum would hide what is tested
    A = "a"


class Hostile:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __float__(self) -> float:
        raise RuntimeError("no number")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    def __hash__(self) -> int:
        raise RuntimeError("no hash")


NAMED = ["action", "judge", "exit_code", "thumbs", "up", "x" * 201, "", " ", "\ud83d"]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(st.characters(exclude_categories=[])),
    st.binary(),
    st.sampled_from(NAMED),
    st.sampled_from([Plan.A, object(), Decimal("0.01"), np.bool_(1)]),
    st.builds(Hostile),
    st.lists(st.integers() | st.text(), max_size=3),
    st.tuples(st.floats(), st.floats()),
    st.dictionaries(st.text() | st.integers() | st.none(), st.floats(), max_size=3),
)


def read(pending: list[PendingEvent]) -> tuple[list[Event], Mending]:
    """Return the events as a reader decodes them."""
    warnings = Warnings()
    mending = Mending(warnings)
    redaction = Redaction(None, warnings)
    builder = EventBuilder("default", Agent(), redaction, mending, warnings)
    events = [builder.event(each) for each in pending]
    for event in events:
        assert decode(EVENTS, encode(event), headers_of(event)) == event
    return events, mending


@given(st.data())
def test_no_field_costs_an_event(data: st.DataObject) -> None:
    def any_value() -> Any:
        return data.draw(ANYTHING)

    session = Kept()
    attempt = Attempt(
        cast("Session", session), any_value(), any_value(), any_value(), any_value()
    )
    with attempt:
        attempt.step(
            any_value(),
            any_value(),
            any_value(),
            cost=any_value(),
            tokens=any_value(),
            duration_s=any_value(),
        )
        attempt.signal(any_value(), any_value(), any_value(), scale=any_value())
        attempt.use(any_value())
        attempt.fail(any_value())
    client = Client(cast("Session", session))
    client.feedback("a", any_value(), any_value(), any_value(), scale=any_value())
    events, _ = read(session.events)
    assert len(events) == 5


@pytest.mark.parametrize(
    ("value", "probability"),
    [
        (np.bool_(1), 1.0),
        (np.bool_(0), 0.0),
        (np.int64(0), 1.0),
        (np.int64(3), 0.0),
        (np.float32(0), 1.0),
        (Plan.A, None),
        (Hostile(), None),
    ],
    ids=["true", "false", "zero", "three", "float", "enum", "hostile"],
)
def test_exit_codes_of_other_libraries_are_read_as_pythons(
    value: Any, probability: float | None
) -> None:
    session = Kept()
    attempt = Attempt(cast("Session", session), "p", "", None, None)
    attempt.signal("exit_code", value)
    (_, signal), mending = read(session.events)
    assert getattr(signal, "p_success") == probability  # noqa: B009 - of one kind of event
    assert mending.count == (probability is None)
