"""An attempt beyond one block: ended by hand, taken up elsewhere, copied."""

import asyncio
import copy
import pickle

import pytest
from sdk.conftest import World, Worlds
from sdk.raising import LIMITED, named, throw

import pilotfish
from pilotfish.schemas.errors import NotPicklableError
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.testing import AsyncMemoryClient, MemoryClient


def ends(events: list[Event]) -> list[AttemptEnded]:
    return [event for event in events if isinstance(event, AttemptEnded)]


def test_an_attempt_needs_no_block(world: World) -> None:
    attempt = world.client.attempt("x", approach="plan")
    attempt.action("look")
    assert (attempt.ended, attempt.outcome) == (False, "unknown")
    attempt.succeed("found")
    attempt.end()
    attempt.end()
    assert (attempt.ended, attempt.outcome) == (True, "succeeded")
    start, step, end = world.events()
    assert isinstance(start, AttemptStarted) and isinstance(step, StepRecorded)
    assert isinstance(end, AttemptEnded)
    assert (end.status, end.reason, end.approach) == ("succeeded", "found", "plan")


def test_an_attempt_that_was_ended_in_its_block_ends_once(world: World) -> None:
    with world.client.attempt("x") as attempt:
        attempt.succeed()
        attempt.end()
        assert pilotfish.current_attempt() is None
        attempt.fail("too late")
    assert [end.status for end in ends(world.events())] == ["succeeded"]


@pytest.mark.parametrize(
    ("error", "status", "signals"),
    [
        (ValueError("wrong"), "failed", ["exception"]),
        (LIMITED, "infrastructure", ["infrastructure"]),
        (KeyboardInterrupt(), "abandoned", []),
    ],
    ids=["failure", "infrastructure", "interrupt"],
)
def test_an_attempt_can_be_ended_by_an_exception(
    world: World, error: BaseException, status: str, signals: list[str]
) -> None:
    world.client.attempt("x").end(error)
    events = world.events()
    given = [event.kind for event in events if isinstance(event, SignalRecorded)]
    assert ([end.status for end in ends(events)], given) == ([status], signals)


def test_a_fallback_is_not_excused_by_what_it_is_for(world: World) -> None:
    wrong = ValueError("the second one is wrong")

    def fall_back() -> None:
        try:
            raise TimeoutError("the first model")
        except TimeoutError:
            with world.client.attempt("x"):
                throw(wrong)

    with pytest.raises(ValueError, match="second"):
        fall_back()
    assert [end.status for end in ends(world.events())] == ["failed"]


def test_an_attempt_goes_on_where_it_is_taken_up(worlds: Worlds) -> None:
    """Three turns of a chat behind HTTP, each in a process of its own."""
    world = worlds(None)
    begun = world.client.attempt("How many heads?", approach="plan")
    begun.action("look", "turn 1")
    with world.client.resume(begun.id) as second:
        assert pilotfish.current_attempt() is second
        assert (second.id, second.problem) == (begun.id, "")
        second.action("look", "turn 2")
    assert not second.ended
    with world.client.resume(begun.id) as third:
        third.answer("final", "turn 3")
        third.succeed("she said thanks")
    assert third.ended and pilotfish.current_attempt() is None
    events = world.events()
    assert {event.attempt_id for event in events} == {begun.id}
    assert [type(event).__name__ for event in events] == [
        "AttemptStarted",
        *["StepRecorded"] * 3,
        "AttemptEnded",
    ]
    (end,) = ends(events)
    assert (end.status, end.reason, end.approach) == (
        "succeeded",
        "she said thanks",
        None,
    )


@pytest.mark.parametrize(
    ("error", "statuses"),
    [
        (ValueError("wrong"), ["failed"]),
        (TimeoutError("slow"), ["infrastructure"]),
        (named("GraphInterrupt"), []),
        (KeyboardInterrupt(), []),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_only_a_failure_ends_what_was_taken_up(
    world: World, error: BaseException, statuses: list[str]
) -> None:
    def turn() -> None:
        with world.client.resume("a") as attempt:
            attempt.action("look")
            raise error

    with pytest.raises(type(error)):
        turn()
    world.client.resume("a").end()
    found = [end.status for end in ends(world.events())]
    assert found == [*statuses, "unknown"]


def test_advice_can_be_asked_for_in_a_later_turn(world: World) -> None:
    world.advise(lambda _: "plan")
    with world.client.resume("a", "And feet?", problem_type="sql") as attempt:
        hint = attempt.advice({"plan": "plan first"})
        attempt.succeed()
    assert (hint.approach, hint.attempt_id) == ("plan", "a")
    (request,) = world.requests()
    assert (request.problem, request.problem_type) == ("And feet?", "sql")
    (end,) = ends(world.events())
    assert end.approach == "plan" and end.hint is not None


def test_what_a_turn_did_by_advice_is_published_when_it_is_left(world: World) -> None:
    world.advise(lambda _: "plan")
    with world.client.resume("a", "And feet?") as attempt:
        attempt.advice({"plan": "plan first"})
    with world.client.resume("a") as attempt:
        attempt.use("react")
    first, second = ends(world.events())
    assert (first.status, first.approach) == ("unknown", "plan")
    assert first.hint is not None and second.hint is None
    assert (second.status, second.approach) == ("unknown", "react")


def test_an_id_that_is_none_is_counted_as_rejected(world: World) -> None:
    with world.client.resume("two words") as attempt:
        attempt.action("look")
        attempt.succeed()
    assert world.events() == []
    assert world.client.stats() == pilotfish.Stats(rejected=2)


def test_an_attempt_goes_on_in_asyncio() -> None:
    async def main() -> AsyncMemoryClient:
        async with AsyncMemoryClient() as client:
            async with client.resume("a") as attempt:
                assert pilotfish.current_attempt() is attempt
                attempt.action("look")
            async with client.resume("a"):
                pass
            resumed = client.resume("a")
            assert isinstance(resumed, pilotfish.AsyncAttempt)
            resumed.fail("gave up")
            resumed.end()
            return client

    step, end = asyncio.run(main()).events
    assert isinstance(step, StepRecorded) and isinstance(end, AttemptEnded)
    assert (end.attempt_id, end.status, end.reason) == ("a", "failed", "gave up")


def test_a_copy_is_the_same_attempt(memory: MemoryClient) -> None:
    with memory.attempt("x") as attempt:
        state = copy.deepcopy({"attempt": attempt, "messages": ["hi"], "pilot": memory})
        assert copy.copy(attempt) is attempt
        state["attempt"].succeed()  # type: ignore[union-attr]
    assert state["attempt"] is attempt and state["pilot"] is memory
    assert [end.status for end in ends(memory.events)] == ["succeeded"]


@pytest.mark.parametrize("client", [MemoryClient, AsyncMemoryClient])
def test_pickling_says_what_to_do_instead(
    client: type[MemoryClient | AsyncMemoryClient],
) -> None:
    pilot = client()
    with pytest.raises(NotPicklableError, match=r"pilot\.resume\(id\)"):
        pickle.dumps({"attempt": pilot.attempt("x")})
    for each in (pilot, pilot.watch, pilot.memory):
        assert copy.deepcopy(each) is not None
        with pytest.raises(NotPicklableError, match="connect in the other process"):
            pickle.dumps(each)
