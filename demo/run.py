"""The demo's loop: request advice, try, publish the outcome, repeat."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import pilotfish
from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.failures import is_infrastructure
from pilotfish.demo.agent import Outcome
from pilotfish.demo.problems import Problem
from pilotfish.demo.tally import Attempted, Tally

_MOST_BROKEN_OFF = 20
"""Attempts that infrastructure may break off before the first one ends."""
_PAUSE_S = 0.2


class Solver(Protocol):
    """Tries approaches on problems: the portfolio, or a language model."""

    def solve(self, problem_text: str, approach: str) -> Outcome:
        """Try once; an outcome without an answer is a failure."""
        ...


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that follows hints and otherwise picks an approach at random.

    The platform learns from its attempts alone.
    """

    pilot: pilotfish.Client
    solver: Solver
    approaches: Mapping[str, str]
    seed: int

    def attempt(self, number: int, problem: Problem) -> Attempted:
        """Make one attempt and publish its events; raises the solver's exceptions."""
        with self.pilot.attempt(problem.text) as attempt:
            requested = time.perf_counter()
            hint = self.ask(attempt)
            advice_ms = (time.perf_counter() - requested) * 1e3
            approach = self.choose(hint) or self._random(number)
            self.tell(attempt, approach)
            outcome = self.solver.solve(problem.text, approach)
            for kind, name, content in outcome.steps:
                attempt.step(kind, name, content)
            success = outcome.answer is not None and problem.verify(outcome.answer)
            if success:
                attempt.succeed()
            else:
                attempt.fail(outcome.error or "the verifier rejected the answer")
        return Attempted(
            number=number,
            family=problem.family,
            novel=problem.novel,
            approach=approach,
            hinted=hint.approach is not None,
            holdout=hint.holdout,
            success=success,
            advice_ms=advice_ms,
            attempt_id=attempt.id,
        )

    def ask(self, attempt: Attempt) -> pilotfish.Hint:
        """Ask for advice."""
        return attempt.advice(self.approaches)

    def choose(self, hint: pilotfish.Hint) -> str | None:
        """Return the approach that follows the hint; None where there is none to follow."""
        return hint.approach

    def tell(self, attempt: Attempt, approach: str) -> None:
        """Record which approach is used."""
        attempt.use(approach)

    def _random(self, number: int) -> str:
        return random.Random(f"{self.seed}/{number}").choice(sorted(self.approaches))  # noqa: S311 - an experiment, no secret


def paced(
    problems: Iterator[Problem],
    pause_before: int,
    training: Callable[[], bool],
    stop: threading.Event,
) -> Iterator[Problem]:
    """Yield the problems; before `pause_before`, wait while `training` or until `stop`.

    The agent makes a day's attempts in a minute. Without a pause, all of them would end
    before the first training, which takes as long here as in service.
    """
    for number, problem in enumerate(problems):
        while number == pause_before and training() and not stop.wait(_PAUSE_S):
            pass
        yield problem


def run(
    agent: Agent,
    problems: Iterator[Problem],
    tally: Tally,
    workers: int,
    stop: threading.Event,
) -> None:
    """Attempt every problem, `workers` at a time, and record into `tally`.

    Sets `stop` and raises an attempt's exception, unless infrastructure failed.
    """
    numbered = enumerate(problems)
    drawing, counting = threading.Lock(), threading.Lock()

    def work() -> None:
        while not stop.is_set():
            with drawing:
                item = next(numbered, None)
            if item is None:
                return
            attempted = _attempt(agent, item, tally)
            with counting:
                if attempted:
                    tally.attempts.append(attempted)
                else:
                    tally.broken_off += 1

    def work_or_stop() -> None:
        try:
            work()
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(workers, thread_name_prefix="agent") as pool:
        for future in [pool.submit(work_or_stop) for _ in range(workers)]:
            future.result()


def _attempt(agent: Agent, item: tuple[int, Problem], tally: Tally) -> Attempted | None:
    """Return the attempt's result, or None if infrastructure broke it off."""
    try:
        return agent.attempt(*item)
    except Exception as error:
        hopeless = not tally.attempts and tally.broken_off >= _MOST_BROKEN_OFF
        if hopeless or not is_infrastructure(error):
            raise
        return None
