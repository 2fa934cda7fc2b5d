"""One odd field costs the field, never the event: in memory and over Kafka alike."""

import threading
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from sdk.conftest import World, by_time, ended, steps
from support.polling import eventually

import pilotfish
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    SignalRecorded,
)


class Approach(str, Enum):  # noqa: UP042 - StrEnum would hide what is tested
    PLAN = "plan"
    REACT = "react"


class ExitStatus(Enum):
    OK = 0


LONG_NAME = "x" * 201
ODD_OFFERS: list[tuple[Any, list[str]]] = [
    ({f"a{n}": "" for n in range(65)}, [f"a{n}" for n in range(64)]),
    ({"": "no name", "plan": "has one"}, ["plan"]),
    ({LONG_NAME: "", LONG_NAME + "y": "the same"}, ["x" * 200]),
    ({"plan \ud83d": "half an emoji"}, ["plan ?"]),
    ({"plan": "p" * 2001, "react": None}, ["plan", "react"]),
    ({"plan": "half \ud83d of a pair"}, ["plan"]),
    ({Approach.PLAN: "p", Approach.REACT: "r"}, ["plan", "react"]),
    ({1: "one", "1": "the same"}, ["1"]),
]


@pytest.mark.parametrize(("offer", "sent"), ODD_OFFERS)
def test_an_odd_approach_costs_no_request(
    world: World, offer: Any, sent: list[str]
) -> None:
    with world.client.attempt("x", problem_type="t" * 201) as attempt:
        assert attempt.advice(offer).abstained != "invalid"
        eventually(lambda: len(world.requests()) > 0)
    (request,) = world.requests()
    assert list(request.approaches) == sent
    assert all(len(text) <= 2000 for text in request.approaches.values())
    assert world.client.stats().mended > 0


@pytest.mark.parametrize("name", [LONG_NAME, "plan \ud83d", Approach.PLAN])
def test_a_hint_names_the_approach_as_the_agent_does(world: World, name: str) -> None:
    world.advise(lambda request: next(iter(request.approaches)))
    strategies = {name: "of the agent"}
    hints: list[pilotfish.Hint] = []

    def advised() -> bool:
        hints.append(attempt.advice(strategies))
        return hints[-1].abstained is None

    with world.client.attempt("x") as attempt:
        eventually(advised)
    assert strategies[str(hints[-1].approach)] == "of the agent"
    request = world.requests()[-1]
    end = ended(world.events())
    assert [end.approach] == list(request.approaches)
    assert end.hint is not None and end.hint.approach == end.approach


def test_attributes_that_do_not_fit_into_a_message_are_left_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    asker = {"user.id": "ann"}
    given: list[dict[str, Any]] = [
        {"x": "y" * 1_000_000, **asker},
        {"x": "y" * 1_100_000, **asker},
        {"x": "y" * 700_000, "z": "y" * 600_000, **asker},
        {"x": "\x01" * 300_000, **asker},
        {"x": list(range(2_000_000)), **asker},
        {f"x{n}": n for n in range(501)} | asker,
    ]
    for attributes in given:
        with world.client.attempt("p", attributes=attributes):
            pass
    starts = by_time([e for e in world.events() if isinstance(e, AttemptStarted)])
    kept = [set(start.attributes) for start in starts]
    assert kept[:5] == [
        {"x", "user.id"},
        {"user.id"},
        {"z", "user.id"},
        {"user.id"},
        {"user.id"},
    ]
    assert len(kept[5]) == 500
    assert world.client.stats() == pilotfish.Stats(sent=12, mended=5)
    assert "x: 1100000 characters" in caplog.text
    assert "x is too large" in caplog.text


@pytest.mark.parametrize("odd", [7, "text", [1, 2], {1: {2: threading.Lock()}}])
def test_attributes_of_any_kind_cost_no_attempt(world: World, odd: Any) -> None:
    with world.client.attempt("p", attributes=odd) as attempt:
        attempt.succeed()
    start, _ = world.events()
    assert isinstance(start, AttemptStarted) and start.problem == "p"
    assert world.client.stats().rejected == 0


class Odd(NamedTuple):
    """A step with one odd field, and what becomes of that."""

    field: str
    given: Any
    kept: Any


NAN, INF = float("nan"), float("inf")
ODD_STEPS = [
    *(Odd("cost", odd, 0.0) for odd in (NAN, INF, -1, "much", {"usd": 1}, 1e10, [])),
    *(Odd("cost", odd, 0.01) for odd in ("$0.01", "0.01 €", Decimal("0.01"))),
    *(Odd("tokens", odd, 0) for odd in (NAN, -1, {"input": 3}, "many", 10**13)),
    *(Odd("tokens", odd, 12) for odd in (12.3, "12", 12.0)),
    *(Odd("duration_s", odd, None) for odd in (-0.1, INF, "long", object())),
    Odd("name", "", "action"),
    Odd("name", None, "action"),
    Odd("name", "n" * 201, "n" * 200),
    Odd("name", "half \ud83d", "half ?"),
    Odd("name", Approach.PLAN, "plan"),
    Odd("kind", "guess", "thought"),
    Odd("kind", " Observation", "observation"),
    Odd("kind", None, "thought"),
]


def test_an_odd_field_of_a_step_costs_the_field_and_not_the_step(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.client.attempt("x") as attempt:
        for odd in ODD_STEPS * 2:
            fields = {"kind": "action", "name": "sql", odd.field: odd.given}
            attempt.step(**fields, content="SELECT 1")
    recorded = steps(world.events())
    assert [step.content for step in recorded] == ["SELECT 1"] * len(recorded)
    for step, odd in zip(recorded, ODD_STEPS * 2, strict=True):
        assert (odd, getattr(step, odd.field)) == (odd, odd.kept)
    stats = world.client.stats()
    assert (stats.rejected, stats.sent) == (0, 2 * len(ODD_STEPS) + 2)
    assert stats.mended == 2 * 25
    messages = [r.getMessage() for r in caplog.records if r.name == "pilotfish"]
    assert len(messages) == len(set(messages)) >= 7
    assert any("StepRecorded.cost" in message for message in messages)


def test_odd_names_cost_no_attempt(world: World) -> None:
    given: list[Any] = ["x" * 201, "plan \ud83d", Approach.PLAN, 7]
    for name in given:
        with world.client.attempt("p", approach=name, problem_type=name) as attempt:
            attempt.use(name)
    events = by_time(world.events())
    names = ["x" * 200, "plan ?", "plan", "7"]
    starts = [event for event in events if isinstance(event, AttemptStarted)]
    assert [start.approach for start in starts] == names
    assert [start.problem_type for start in starts] == names
    assert [e.approach for e in events if isinstance(e, AttemptEnded)] == names
    assert world.client.stats() == pilotfish.Stats(sent=8, mended=6)


def test_signals_are_published_in_their_own_units(world: World) -> None:
    given: list[tuple[Any, Any, Any, float | None]] = [
        ("exit_code", 0, None, 1.0),
        ("exit_code", 2, None, 0.0),
        ("exit_code", -9, None, 0.0),
        ("exit_code", "0", None, 1.0),
        ("exit_code", True, None, 1.0),
        ("judge", 7, 10, 0.7),
        ("judge", Decimal(7), [0, 10], 0.7),
        ("tests", 3, 4, 0.75),
        ("thumbs", "up", None, 1.0),
        ("thumbs", "Down", None, 0.0),
        ("thumbs", -1, None, 0.0),
        ("verifier", None, None, None),
        ("exit_code", np.array(True), None, 1.0),
        ("exit_code", np.int64(0), None, 1.0),
        ("exit_code", torch.tensor(data=True), None, 1.0),
        ("exit_code", ExitStatus.OK, None, 1.0),
        ("exit_code", "False", None, 0.0),
        ("tests", "passed", None, 1.0),
        ("thumbs", "\N{THUMBS DOWN SIGN}", None, 0.0),
        ("judge", 4, range(1, 6), 0.75),
        ("judge", 2, (6, 1), 0.8),
        ("judge", np.float32(0.5), None, 0.5),
        ("Exit code", 0, None, 1.0),
        ("exit-code", 1, None, 0.0),
    ]
    with world.client.attempt("x") as attempt:
        for kind, value, scale, _ in given:
            attempt.signal(kind, value, "why", scale=scale)
    signals = [e for e in world.events() if isinstance(e, SignalRecorded)]
    assert [signal.p_success for signal in signals] == [each[3] for each in given]
    assert world.client.stats().mended == 0


def test_a_signal_that_cannot_be_read_is_kept_without_its_value(world: World) -> None:
    given: list[tuple[str, Any, Any]] = [
        ("judge", 7, None),
        ("judge", 11, 10),
        ("judge", 7, "ten"),
        ("tests", 0, 0),
        ("exit_code", 0.5, None),
        ("verifier", {"ok": True}, None),
        ("verifier", NAN, None),
        ("mood", 1, None),
    ]
    with world.client.attempt("x") as attempt:
        for kind, value, scale in given:
            attempt.signal(kind, value, "why", scale=scale)
    signals = [e for e in world.events() if isinstance(e, SignalRecorded)]
    assert [signal.p_success for signal in signals] == [None] * len(given)
    assert [signal.detail for signal in signals] == ["why"] * 7 + ["mood 1: why"]
    assert signals[-1].kind == "judge"
    assert world.client.stats().mended == len(given)


def test_an_exit_status_has_no_scale(world: World) -> None:
    with world.client.attempt("x") as attempt:
        for status in (0, 1):
            attempt.signal("exit_code", status, scale=255)
    signals = [e for e in world.events() if isinstance(e, SignalRecorded)]
    assert [signal.p_success for signal in signals] == [1.0, 0.0]
    assert world.client.stats().mended == 2


def test_feedback_has_a_scale_and_is_kept_without_a_value(world: World) -> None:
    feedback: Any = world.client.feedback
    for value, scale in ((4, (1, 5)), (True, None), ("down", None), (7, None)):
        feedback("a", value, source="s" * 201, detail="d", scale=scale)
    feedback("a", None, source="")
    events = [e for e in world.events() if isinstance(e, FeedbackGiven)]
    assert [event.p_success for event in events] == [0.75, 1.0, 0.0, None, None]
    assert [event.source for event in events] == ["s" * 200] * 4 + ["user"]
    assert world.client.stats() == pilotfish.Stats(sent=5, mended=6)


def test_an_id_that_no_service_accepts_is_rejected(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.client.feedback("no id", 1.0)
    assert world.events() == []
    assert world.client.stats() == pilotfish.Stats(rejected=1)
    assert "FeedbackGiven.attempt_id" in caplog.text


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"user.id": 42}, False),
        ({"session.id": "s"}, False),
        ({"user.id": True}, True),
        ({"user.id": {"name": "ann"}, "session.id": "s"}, True),
    ],
)
def test_an_asker_that_is_no_text_and_no_number_is_said(
    world: World,
    caplog: pytest.LogCaptureFixture,
    attributes: dict[str, Any],
    *,
    said: bool,
) -> None:
    for _ in range(2):
        with world.client.attempt("x", attributes=attributes):
            pass
    assert len(world.events()) == 4
    assert caplog.text.count("nobody knows who asked") == said
