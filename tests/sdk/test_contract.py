"""The contract of a client, in memory and over Kafka alike."""

import threading
from typing import Any

import pytest
from sdk.conftest import World, Worlds, ended, steps
from support.polling import eventually

import pilotfish
from pilotfish._sdk.failures import describe
from pilotfish.schemas.advice import (
    MAX_ADVICE_PROBLEM,
    MAX_STEP_CONTENT,
    MAX_STEPS,
)
from pilotfish.schemas.codec import encode
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_PROBLEM,
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    HintMark,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.topics import MAX_MESSAGE_BYTES
from pilotfish.testing import MemoryClient

OFFER = {"plan": "plan the query first", "react": "think, query, look"}


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
    ],
)
def test_an_exception_ends_the_attempt_and_propagates_unchanged(
    world: World,
    error: Exception,
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


NONE_NAMED: list[tuple[Any, ...]] = [(), (None,), ({},)]
FOUND = "plan-show-describe-b54a57"


@pytest.mark.parametrize("offer", NONE_NAMED)
def test_without_approaches_a_strategy_is_advised_and_the_steps_tell_which_was_used(
    world: World, offer: tuple[Any, ...], caplog: pytest.LogCaptureFixture
) -> None:
    world.advise(lambda _: FOUND)
    with world.client.attempt("x") as attempt:
        hint = attempt.advice(*offer)
        attempt.action("plan")
    assert (hint.approach, hint.abstained) == (FOUND, None)
    assert FOUND in hint.text
    (request,) = world.requests()
    assert request.approaches == {}
    end = ended(world.events())
    assert end.approach is None
    assert end.hint is not None
    assert (end.hint.approach, end.hint.propensity) == (FOUND, 1.0)
    assert caplog.text == ""


def test_a_strategy_that_was_found_leaves_the_approach_that_the_agent_names(
    world: World,
) -> None:
    world.advise(lambda _: FOUND)
    with world.client.attempt("x", approach="direct") as attempt:
        attempt.advice()
    assert ended(world.events()).approach == "direct"


def test_of_two_requests_the_last_one_counts(world: World) -> None:
    world.advise(lambda request: "plan" if request.approaches else FOUND)
    with world.client.attempt("x") as attempt:
        attempt.advice()
        attempt.advice(OFFER)
    end = ended(world.events())
    assert end.hint is not None
    assert end.approach == end.hint.approach == "plan"


def test_a_next_move_is_asked_for_with_the_steps_so_far(world: World) -> None:
    world.advise(lambda request: "sql:describe" if request.steps else "plan")
    with world.client.attempt("x", problem_type="sql") as attempt:
        attempt.advice(OFFER)
        attempt.action("sql", "SELECT 1" + "0" * 5000)
        attempt.step("odd kind", "")
        hint = attempt.next_move()
    assert (hint.approach, hint.propensity, hint.attempt_id) == (
        *("sql:describe", 1.0),
        attempt.id,
    )
    _, request = world.requests()
    assert (request.problem, request.problem_type) == ("x", "sql")
    assert [(step.kind, step.name) for step in request.steps] == [
        ("action", "sql"),
        ("thought", "thought"),
    ]
    assert request.steps[0].content.startswith("SELECT 10")
    assert request.request_id.endswith(":next")
    end = ended(world.events())
    assert end.hint is not None
    assert (end.approach, end.hint.approach) == ("plan", "plan")


def test_a_secret_does_not_leave_with_the_steps(worlds: Worlds) -> None:
    world = worlds(lambda text: text.replace("hunter2", "***"))
    with world.client.attempt("x") as attempt:
        attempt.action("sql", "SELECT 'hunter2'" + " " * 974 + "hunter2")
        attempt.next_move()
    (request,) = world.requests()
    assert "hunter" not in request.steps[0].content


def test_without_a_known_step_there_is_no_next_move(world: World) -> None:
    world.advise(lambda _: "sql:describe")
    with world.client.attempt("x") as attempt:
        first = attempt.next_move()
        attempt.action("sql", "SELECT 1")
    with world.client.resume(attempt.id, "x") as resumed:
        resumed.action("sql", "SELECT 1")
        later = resumed.next_move()
    assert {first.abstained, later.abstained} == {"invalid"}
    assert "no step of this attempt is known" in first.detail == later.detail
    assert world.requests() == []


def test_many_steps_of_an_attempt_take_bounded_memory(memory: MemoryClient) -> None:
    memory.will_advise("sql:describe")
    with memory.attempt("x") as attempt:
        for number in range(200):
            attempt.action(f"tool {number}", "y" * 100_000)
        attempt.next_move()
    (request,) = memory.requests
    assert len(request.steps) == MAX_STEPS
    assert len(request.steps[0].content) == MAX_STEP_CONTENT


def test_an_abstention_without_approaches_needs_no_word_from_the_agent(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.client.attempt("x") as attempt:
        assert attempt.advice().abstained == "unsure"
    assert ended(world.events()).hint is not None
    assert caplog.text == ""


INVALID: list[Any] = [{"": "no name"}, ["plan"], "plan", 0]


def test_advice_on_what_is_no_approach_abstains(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.client.attempt("x") as attempt:
        hints = [attempt.advice(offer) for offer in INVALID]
    assert {hint.abstained for hint in hints} == {"invalid"}
    assert all(hint.detail and hint.detail in caplog.text for hint in hints)
    assert world.requests() == []
    mark = ended(world.events()).hint
    assert mark == HintMark(request_id=hints[-1].request_id)


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
