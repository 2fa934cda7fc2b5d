"""An agent that names no approach: what it publishes, and how it follows a hint."""

import threading
from collections.abc import Iterator

import pytest

from pilotfish.demo.agent import APPROACHES, Outcome
from pilotfish.demo.approaches.moves import MOVES
from pilotfish.demo.problems import Problem
from pilotfish.demo.run import run
from pilotfish.demo.tally import Attempted, Tally
from pilotfish.demo.unnamed import UnnamedAgent, following, moves_in
from pilotfish.schemas.events import AttemptEnded
from pilotfish.strategies.instructions import instruction
from pilotfish.strategies.patterns import pattern_of
from pilotfish.testing import MemoryClient


class Mover:
    """Makes all moves of an approach, and succeeds with one approach alone."""

    def solve(self, problem_text: str, approach: str) -> Outcome:
        steps = tuple(("action", move, "") for move in MOVES[approach])
        return Outcome(approach, steps)  # type: ignore[arg-type]


@pytest.fixture
def pilot() -> Iterator[MemoryClient]:
    with MemoryClient() as pilot:
        yield pilot


def play(pilot: MemoryClient, count: int) -> list[Attempted]:
    tally = Tally(count)
    problem = Problem("a problem", "secret", False, lambda answer: answer == "smt")
    agent = UnnamedAgent(pilot, Mover(), APPROACHES, 1)
    run(agent, iter([problem] * count), tally, 2, threading.Event())
    return tally.attempts


def advised(pilot: MemoryClient, pattern: tuple[str, ...]) -> None:
    """Script a strategy's hint; its id stands where its instruction would."""
    pilot.will_advise(instruction(pattern))


def test_a_strategy_is_followed_by_what_its_instruction_says(
    pilot: MemoryClient,
) -> None:
    advised(pilot, ("read_premises", "list_unknowns", "write_formulas"))
    assert {attempt.approach for attempt in play(pilot, 20)} == {"smt"}
    assert all(attempt.success for attempt in play(pilot, 5))


def test_without_a_hint_the_choice_is_random(pilot: MemoryClient) -> None:
    assert {attempt.approach for attempt in play(pilot, 200)} == APPROACHES.keys()


def test_nothing_that_is_published_names_the_solver(pilot: MemoryClient) -> None:
    advised(pilot, MOVES["state_search"][:3])
    play(pilot, 3)
    assert all(request.approaches == {} for request in pilot.requests)
    ends = [event for event in pilot.events if isinstance(event, AttemptEnded)]
    assert [end.approach for end in ends] == [None] * 3
    published = " ".join(event.model_dump_json() for event in pilot.events)
    assert not [approach for approach in APPROACHES if approach in published]


def test_attempts_are_known_by_their_ids(pilot: MemoryClient) -> None:
    ids = {attempt.attempt_id for attempt in play(pilot, 5)}
    assert ids == {event.attempt_id for event in pilot.events}


@pytest.mark.parametrize("approach", sorted(MOVES))
def test_an_approach_follows_the_instruction_made_of_its_moves(approach: str) -> None:
    assert following(instruction(pattern_of(MOVES[approach]))) == approach


def test_a_text_without_known_moves_is_not_followed() -> None:
    assert following("First write a plan, then use ic_sql to show.") is None
    assert following("") is None


def test_the_id_of_a_strategy_is_no_instruction() -> None:
    hint = 'Try approach "read-grid-b54a57": First use read_words, then use sort.'
    assert moves_in(hint) == ["read_words", "sort"]
