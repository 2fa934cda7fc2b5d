"""The demo's loop: ask for advice, try, publish the outcome; many times over."""

import random
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import pilotfish
from pilotfish.demo.agent import Outcome
from pilotfish.demo.problems import Problem
from pilotfish.demo.tally import Attempted, Tally


class Solver(Protocol):
    """Whatever can try an approach on a problem: the portfolio, or a language model."""

    def solve(self, problem: str, approach: str) -> Outcome:
        """Try once; an outcome without an answer is a failure."""
        ...


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that follows hints and otherwise picks an approach at random.

    Its attempts are what the platform learns from; it is told nothing else.
    """

    pilot: pilotfish.Client
    solver: Solver
    approaches: Mapping[str, str]
    seed: int

    def attempt(self, number: int, problem: Problem) -> Attempted:
        """Make one attempt and publish it as it goes."""
        with self.pilot.attempt(problem.text) as attempt:
            asked = time.perf_counter()
            hint = attempt.advice(self.approaches)
            advice_ms = (time.perf_counter() - asked) * 1e3
            approach = hint.approach or self._random(number)
            attempt.use(approach)
            outcome = self.solver.solve(problem.text, approach)
            for kind, name, content in outcome.steps:
                attempt.step(kind, name, content)
            success = outcome.answer is not None and problem.verify(outcome.answer)
            if success:
                attempt.succeed()
            else:
                attempt.fail(outcome.error or "the verifier said no")
        return Attempted(
            number=number,
            family=problem.family,
            novel=problem.novel,
            approach=approach,
            advised=hint.approach is not None,
            holdout=hint.holdout,
            success=success,
            advice_ms=advice_ms,
        )

    def _random(self, number: int) -> str:
        return random.Random(f"{self.seed}/{number}").choice(sorted(self.approaches))  # noqa: S311 - an experiment, no secret


def run(
    agent: Agent,
    problems: Iterator[Problem],
    tally: Tally,
    workers: int,
    stop: threading.Event,
) -> None:
    """Attempt every problem, `workers` at a time, and count into `tally`."""
    lock = threading.Lock()
    numbered = enumerate(problems)

    def work() -> None:
        while not stop.is_set():
            with lock:
                item = next(numbered, None)
            if item is None:
                return
            attempted = agent.attempt(*item)
            with lock:
                tally.attempts.append(attempted)

    with ThreadPoolExecutor(workers, thread_name_prefix="agent") as pool:
        for future in [pool.submit(work) for _ in range(workers)]:
            future.result()
