"""The agent and its loop with an in-memory client."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from pilotfish.demo.agent import APPROACHES, Outcome
from pilotfish.demo.problems import Problem
from pilotfish.demo.run import Agent, paced, run
from pilotfish.demo.tally import Tally
from pilotfish.schemas.events import AttemptEnded, AttemptStarted
from pilotfish.testing import MemoryClient


class Echo:
    """Answers with the approach's name, or raises a given error."""

    error: Exception | None = None

    def solve(self, problem_text: str, approach: str) -> Outcome:
        if self.error:
            raise self.error
        return Outcome(approach, (("answer", approach, approach),))


def problems(count: int) -> Iterator[Problem]:
    for i in range(count):
        yield Problem(f"problem {i}", "secret", False, lambda answer: answer == "smt")


@pytest.fixture
def pilot() -> Iterator[MemoryClient]:
    with MemoryClient() as pilot:
        yield pilot


def play(pilot: MemoryClient, count: int, solver: Echo | None = None) -> Tally:
    tally = Tally(count)
    agent = Agent(pilot, solver or Echo(), APPROACHES, 1)
    run(agent, problems(count), tally, 2, threading.Event())
    return tally


def test_hints_are_followed(pilot: MemoryClient) -> None:
    pilot.will_advise("smt")
    tally = play(pilot, 20)
    assert all(a.hinted and a.advised and a.success for a in tally.attempts)
    assert sorted(a.number for a in tally.attempts) == list(range(20))


def test_without_a_hint_the_choice_is_random_but_repeatable(
    pilot: MemoryClient,
) -> None:
    first, again = (
        {a.number: a.approach for a in play(pilot, 200).attempts} for _ in range(2)
    )
    assert first == again
    assert len(Counter(first.values())) == len(APPROACHES)


def test_an_abstention_of_an_unsure_advisor_counts_as_advised(
    pilot: MemoryClient,
) -> None:
    (attempted,) = play(pilot, 1).attempts
    assert attempted.advised and not attempted.hinted


def test_published_events_do_not_name_the_family(pilot: MemoryClient) -> None:
    play(pilot, 3)
    for event in pilot.events:
        assert "secret" not in event.model_dump_json()
        if isinstance(event, AttemptStarted):
            assert event.problem_type == ""


def test_the_verifier_s_verdict_is_published(pilot: MemoryClient) -> None:
    pilot.will_advise("smt")
    play(pilot, 1)
    pilot.will_advise("enumeration")
    play(pilot, 1)
    ends = [event for event in pilot.events if isinstance(event, AttemptEnded)]
    assert [end.status for end in ends] == ["succeeded", "failed"]
    assert [end.approach for end in ends] == ["smt", "enumeration"]


def test_attempts_broken_off_by_infrastructure_do_not_count(
    pilot: MemoryClient,
) -> None:
    solver = Echo()
    solver.error = TimeoutError("rate limit")
    tally = play(pilot, 5, solver)
    assert tally.attempts == [] and tally.broken_off == 5
    ends = [event for event in pilot.events if isinstance(event, AttemptEnded)]
    assert {end.status for end in ends} == {"infrastructure"}


def test_infrastructure_that_never_works_ends_the_run(pilot: MemoryClient) -> None:
    solver = Echo()
    solver.error = TimeoutError("rate limit")
    with pytest.raises(TimeoutError):
        play(pilot, 500, solver)


def test_a_bug_ends_the_run(pilot: MemoryClient) -> None:
    solver = Echo()
    solver.error = KeyError("bug")
    with pytest.raises(KeyError):
        play(pilot, 500, solver)


def test_stop_ends_the_run(pilot: MemoryClient) -> None:
    stop, tally = threading.Event(), Tally(10)
    stop.set()
    run(Agent(pilot, Echo(), APPROACHES, 1), problems(10), tally, 2, stop)
    assert tally.attempts == []


def test_the_last_third_waits_for_the_training() -> None:
    training = iter([True, True, False])
    drawn = list(paced(problems(4), 2, lambda: next(training), threading.Event()))
    assert [problem.text for problem in drawn] == [p.text for p in problems(4)]
    assert next(training, None) is None


def test_stop_ends_the_wait_for_the_training() -> None:
    stop = threading.Event()
    stop.set()
    assert len(list(paced(problems(3), 1, lambda: True, stop))) == 3
