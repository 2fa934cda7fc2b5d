"""The contract of a client, in memory and over Kafka alike."""

import threading
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, TypeVar

import pytest
from sdk.conftest import World, Worlds
from support.polling import eventually

import pilotfish
from pilotfish._sdk.failures import describe
from pilotfish.schemas.advice import MAX_ADVICE_PROBLEM
from pilotfish.schemas.codec import encode
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_PROBLEM,
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    HintMark,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.topics import MAX_MESSAGE_BYTES

E = TypeVar("E", bound=Event)

OFFER = {"plan": "plan the query first", "react": "think, query, look"}


def ended(events: list[Event]) -> AttemptEnded:
    (end,) = [event for event in events if isinstance(event, AttemptEnded)]
    return end


def by_time(events: Iterable[E]) -> list[E]:
    """Return events of several attempts in order: partitions come in any order."""
    return sorted(events, key=lambda event: event.at)


def steps(events: list[Event]) -> list[StepRecorded]:
    return [event for event in events if isinstance(event, StepRecorded)]


def test_every_kind_of_event_arrives_as_it_was_given(world: World) -> None:
    attributes = {"user": "ann", "scores": [1, 2.5, None]}
    with world.client.attempt(
        "How many?", problem_type="sql", approach="plan", attributes=attributes
    ) as attempt:
        attempt.thought("plan", "count them")
        attempt.action("sql", "SELECT 1", cost=0.25, tokens=7, duration_s=1.5)
        attempt.observation("rows", "1")
        attempt.answer("final", "one")
        attempt.signal("verifier", 1.0, "matches")
        attempt.succeed("all right")
    world.client.feedback(attempt.id, 0.0, source="ann", detail="no")
    events = world.events()
    assert {event.attempt_id for event in events} == {attempt.id}
    assert len({event.event_id for event in events}) == len(events) == 8
    assert [event.at for event in events] == sorted(event.at for event in events)
    start, thought, action, *_, signal, end, feedback = events
    assert isinstance(start, AttemptStarted)
    assert (start.problem, start.problem_type) == ("How many?", "sql")
    assert (start.approach, start.attributes) == ("plan", attributes)
    assert isinstance(thought, StepRecorded) and thought.kind == "thought"
    assert isinstance(action, StepRecorded)
    assert (action.kind, action.name, action.content) == ("action", "sql", "SELECT 1")
    assert (action.cost, action.tokens, action.duration_s) == (0.25, 7, 1.5)
    assert isinstance(signal, SignalRecorded)
    assert (signal.kind, signal.value, signal.detail) == ("verifier", 1.0, "matches")
    assert isinstance(end, AttemptEnded)
    assert (end.status, end.reason, end.approach) == ("succeeded", "all right", "plan")
    assert end.hint is None
    assert isinstance(feedback, FeedbackGiven)
    assert (feedback.value, feedback.source, feedback.detail) == (0.0, "ann", "no")
    assert world.client.stats() == pilotfish.Stats(sent=8)


def test_a_block_left_without_an_outcome_ends_unknown(world: World) -> None:
    with world.client.attempt("x"):
        pass
    assert ended(world.events()).status == "unknown"


@pytest.mark.parametrize(
    ("error", "status", "signals"),
    [
        (ZeroDivisionError("by zero"), "failed", [("exception", 0.0)]),
        (TimeoutError("slow"), "infrastructure", [("infrastructure", None)]),
        (KeyboardInterrupt(), "abandoned", []),
    ],
)
def test_an_exception_ends_the_attempt_and_propagates_unchanged(
    world: World,
    error: BaseException,
    status: str,
    signals: list[tuple[str, float | None]],
) -> None:
    def agent() -> None:
        with world.client.attempt("x") as attempt:
            attempt.succeed()
            raise error

    with pytest.raises(type(error)) as raised:
        agent()
    assert raised.value is error
    events = world.events()
    given = [event for event in events if isinstance(event, SignalRecorded)]
    assert [(signal.kind, signal.value) for signal in given] == signals
    assert all(signal.detail == describe(error) for signal in given)
    assert ended(events).status == status
    assert ended(events).reason == describe(error)


def test_a_hint_is_recorded_with_the_end(world: World) -> None:
    world.advise(lambda request: next(iter(request.approaches)))
    with world.client.attempt("How many?", problem_type="sql") as attempt:
        hint = attempt.advice(OFFER)
    assert (hint.approach, hint.abstained, hint.propensity) == ("plan", None, 1.0)
    assert "plan the query first" in hint.text
    assert hint.attempt_id == attempt.id
    (request,) = world.requests()
    assert (request.problem, request.problem_type) == ("How many?", "sql")
    assert dict(request.approaches) == OFFER
    end = ended(world.events())
    assert end.approach == "plan"
    assert end.hint == HintMark(
        request_id=request.request_id,
        approach="plan",
        propensity=1.0,
        advisor_version="memory",
    )


def test_the_approach_that_was_used_wins_over_the_hint(world: World) -> None:
    world.advise(lambda _: "plan")
    with world.client.attempt("x", approach="direct") as attempt:
        attempt.advice(OFFER)
        attempt.use("react")
    end = ended(world.events())
    assert end.approach == "react"
    assert end.hint is not None and end.hint.approach == "plan"


def test_an_abstention_leaves_the_approach_named_at_the_start(world: World) -> None:
    with world.client.attempt("x", approach="direct") as attempt:
        hint = attempt.advice(OFFER)
    assert (hint.abstained, hint.text, hint.approach) == ("unsure", "", None)
    end = ended(world.events())
    assert end.approach == "direct"
    assert end.hint is not None and end.hint.approach is None


def test_an_unanswered_request_is_recorded_with_the_end(world: World) -> None:
    world.advise(None)
    with world.client.attempt("x") as attempt:
        hint = attempt.advice(OFFER)
    assert hint.abstained == "deadline"
    mark = ended(world.events()).hint
    assert mark == HintMark(request_id=hint.request_id)


INVALID: list[Any] = [{}, {"": "no name"}, ["plan"], "plan", None]


def test_advice_without_an_approach_abstains(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.client.attempt("x") as attempt:
        hints = [attempt.advice(offer) for offer in INVALID]
    assert {hint.abstained for hint in hints} == {"invalid"}
    assert all(hint.detail and hint.detail in caplog.text for hint in hints)
    assert world.requests() == []
    mark = ended(world.events()).hint
    assert mark == HintMark(request_id=hints[-1].request_id)


class Approach(str, Enum):  # noqa: UP042 - StrEnum would hide what is tested
    PLAN = "plan"
    REACT = "react"


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
        assert attempt.advice(offer).abstained == "unsure"
    (request,) = world.requests()
    assert list(request.approaches) == sent
    assert all(len(text) <= 2000 for text in request.approaches.values())
    assert world.client.stats().mended > 0


@pytest.mark.parametrize("name", [LONG_NAME, "plan \ud83d", Approach.PLAN])
def test_a_hint_names_the_approach_as_the_agent_does(world: World, name: str) -> None:
    world.advise(lambda request: next(iter(request.approaches)))
    strategies = {name: "of the agent"}
    with world.client.attempt("x") as attempt:
        hint = attempt.advice(strategies)
    assert hint.approach is not None and strategies[hint.approach] == "of the agent"
    (request,) = world.requests()
    end = ended(world.events())
    assert [end.approach] == list(request.approaches)
    assert end.hint is not None and end.hint.approach == end.approach


def test_many_threads_ask_at_once_and_each_gets_its_own_answer(world: World) -> None:
    world.advise(lambda request: request.problem)
    answers: dict[str, str | None] = {}

    def ask(number: int) -> None:
        for turn in range(10):
            name = f"{number}-{turn}"
            with world.client.attempt(name) as attempt:
                answers[name] = attempt.advice({name: ""}).approach

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert all(name == approach for name, approach in answers.items())


def test_hints_reach_a_subscriber_even_if_it_raises(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.advise(lambda _: "plan")
    seen: list[pilotfish.Hint] = []

    def watch(hint: pilotfish.Hint) -> None:
        seen.append(hint)
        raise RuntimeError("of the callback")

    def ask_and_look() -> bool:
        with world.client.attempt("x") as attempt:
            attempt.advice(OFFER)
        return len(seen) >= 2

    with world.client.on_hint(watch):
        eventually(ask_and_look)
    assert {hint.approach for hint in seen} == {"plan"}
    assert "of the callback" in caplog.text
    count = len(seen)
    ask_and_look()
    assert len(seen) == count


def test_long_texts_are_cut_and_marked(world: World) -> None:
    long = "x" * (MAX_CONTENT + 1)
    with world.client.attempt(long) as attempt:
        attempt.advice(OFFER)
        attempt.action("short", "x" * MAX_CONTENT)
        attempt.action("long", long)
        attempt.action("huge", "x" * 10_000_000)
        attempt.fail("y" * 5000)
    assert attempt.problem is long
    events = world.events()
    assert [(len(s.content), s.truncated) for s in steps(events)] == [
        (MAX_CONTENT, False),
        (MAX_CONTENT, True),
        (MAX_CONTENT, True),
    ]
    start = events[0]
    assert isinstance(start, AttemptStarted) and len(start.problem) == MAX_PROBLEM
    assert len(ended(events).reason) == 4096
    assert [len(r.problem) for r in world.requests()] == [MAX_ADVICE_PROBLEM]


def test_contents_are_cut_by_bytes_between_characters(world: World) -> None:
    fish = "\N{FISH}"
    with world.client.attempt("x") as attempt:
        attempt.action("fits", fish * (MAX_CONTENT // 4))
        attempt.action("wide", fish * (MAX_CONTENT // 4 + 1))
        attempt.action("shifted", "x" + fish * (MAX_CONTENT // 4))
    fits, wide, shifted = steps(world.events())
    assert (fits.content, fits.truncated) == (fish * (MAX_CONTENT // 4), False)
    assert (wide.content, wide.truncated) == (fits.content, True)
    assert shifted.content == "x" + fish * (MAX_CONTENT // 4 - 1)
    assert shifted.truncated


def test_a_content_that_json_makes_larger_than_a_message_is_cut_further(
    world: World,
) -> None:
    with world.client.attempt("x") as attempt:
        attempt.action("escaped", "\x01" * MAX_CONTENT)
        attempt.action("half", "\x01" * (MAX_CONTENT // 2))
    escaped, half = steps(world.events())
    assert len(encode(escaped)) < MAX_MESSAGE_BYTES < 2 * len(encode(escaped))
    assert escaped.truncated and not half.truncated
    assert world.client.stats().sent == 4


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


def test_advice_looks_at_8_kb_of_a_problem_and_64_approaches(world: World) -> None:
    offer = {f"a{n}": "" for n in range(64)}
    with world.client.attempt("x" + "\N{FISH}" * 3000) as attempt:
        assert attempt.advice(offer).abstained == "unsure"
    (request,) = world.requests()
    assert request.problem == "x" + "\N{FISH}" * (MAX_ADVICE_PROBLEM // 4 - 1)
    assert len(request.approaches) == 64


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


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
    for name in ("x" * 201, "plan \ud83d", Approach.PLAN, 7):
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


def test_values_of_other_types_are_converted(world: World) -> None:
    given: list[Any] = [42, {"a": 1}, None, b"raw", "half \ud83d of a pair"]
    odd: Any = {"when": threading.Lock(), "nan": float("nan"), 3: "three"}
    problem: Any = 7
    with world.client.attempt(problem, attributes=odd) as attempt:
        for content in given:
            attempt.action("tool", content)
        attempt.action("tool", Unprintable())  # type: ignore[arg-type]
        attempt.action("tool", "x", cost=True, tokens=3.0)
        attempt.signal("verifier", True)
    events = world.events()
    assert [step.content for step in steps(events)] == [
        "42",
        "{'a': 1}",
        "",
        "b'raw'",
        "half ? of a pair",
        "[Unprintable has no text]",
        "x",
    ]
    start = events[0]
    assert isinstance(start, AttemptStarted)
    assert start.problem == "7"
    assert start.attributes["nan"] is None and start.attributes["3"] == "three"
    assert world.client.stats().rejected == 0


def test_later_changes_by_the_agent_are_not_published(world: World) -> None:
    notes = ["first"]
    attributes = {"notes": notes}
    with world.client.attempt("x", attributes=attributes) as attempt:
        attempt.thought("notes", notes)  # type: ignore[arg-type]
        notes.append("second")
    start, thought, _ = world.events()
    assert isinstance(start, AttemptStarted) and isinstance(thought, StepRecorded)
    assert start.attributes == {"notes": ["first"]}
    assert thought.content == "['first']"


def test_every_text_passes_redact(worlds: Worlds) -> None:
    world = worlds(lambda text: text.replace("secret", "***"))
    world.advise(lambda _: "plan")
    deep = {"deep": [{"er": "my secret"}]}
    attempt = world.client.attempt("the secret is", attributes=deep)

    def agent() -> None:
        with attempt:
            attempt.advice({"plan": "tell no secret"})
            attempt.action("say", "secret" * 3)
            attempt.signal("judge", 0.5, "a secret")
            raise ValueError("secret")

    with pytest.raises(ValueError, match="secret"):
        agent()
    world.client.feedback(attempt.id, 1.0, detail="no secret")
    texts = [event.model_dump_json() for event in world.events()]
    texts += [request.model_dump_json() for request in world.requests()]
    assert len(texts) == 7
    assert not any("secret" in text for text in texts)
    assert all("***" in text for text in texts)


def test_a_text_on_which_redact_raises_is_not_published(worlds: Worlds) -> None:
    def redact(text: str) -> str:
        if "odd" in text:
            raise RuntimeError("of redact")
        return text

    world = worlds(redact)
    with world.client.attempt("x") as attempt:
        attempt.action("say", "something odd")
        attempt.action("say", "something even")
    assert [step.content for step in steps(world.events())] == [
        "[redaction failed]",
        "something even",
    ]
    assert world.client.stats().redactions_failed == 1


def test_late_steps_are_published_and_late_outcomes_are_refused(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.client.attempt("x") as attempt:
        attempt.succeed()
    attempt.observation("late", "but true")
    attempt.fail()
    events = world.events()
    assert ended(events).status == "succeeded"
    assert isinstance(events[-1], StepRecorded)
    assert "feedback()" in caplog.text


def test_after_close_everything_counts_as_dropped(world: World) -> None:
    world.client.close()
    world.client.close()
    with world.client.attempt("x") as attempt:
        hint = attempt.advice(OFFER)
        attempt.action("tool")
    assert hint.abstained == "unreachable"
    assert world.client.stats() == pilotfish.Stats(dropped=3)
    assert world.client.flush(0.1)


def test_the_current_attempt_is_the_innermost_of_each_thread(world: World) -> None:
    seen: list[object] = []
    with world.client.attempt("outer") as outer:
        with world.client.attempt("inner") as inner:
            assert pilotfish.current_attempt() is inner
            thread = threading.Thread(
                target=lambda: seen.append(pilotfish.current_attempt())
            )
            thread.start()
            thread.join()
        assert pilotfish.current_attempt() is outer
    assert pilotfish.current_attempt() is None
    assert seen == [None]


def test_blocks_may_overlap_without_nesting(world: World) -> None:
    first = world.client.attempt("first").__enter__()
    second = world.client.attempt("second").__enter__()
    first.__exit__(None, None, None)
    assert pilotfish.current_attempt() is second
    second.__exit__(None, None, None)
    assert pilotfish.current_attempt() is None


def test_a_block_left_in_another_context_raises_nothing(world: World) -> None:
    attempt = world.client.attempt("x")
    thread = threading.Thread(target=attempt.__enter__)
    thread.start()
    thread.join()
    attempt.__exit__(None, None, None)
    assert ended(world.events()).status == "unknown"
