"""The demo's agent: a portfolio of solvers that really succeed or fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Self

from pilotfish.demo.approaches import INSTRUCTIONS
from pilotfish.demo.reading.text import NotApplicableError
from pilotfish.demo.sandbox import Sandbox
from pilotfish.schemas.events import StepKind

APPROACHES: Mapping[str, str] = INSTRUCTIONS
"""Name of each approach, and the instruction that is published with it."""

Step = tuple[StepKind, str, str]
"""Kind, name and content."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one try: an answer, right or wrong, or None and the error.

    `steps` are in the order in which they happened.
    """

    answer: str | None
    steps: tuple[Step, ...]
    error: str = ""


class PortfolioAgent:
    """Solvers in processes of their own; enter the context before any thread starts.

    Args:
        workers: number of processes, and so of concurrent tries.
        time_limit_s: seconds of wall clock after which a try is killed.
    """

    def __init__(self, *, workers: int, time_limit_s: float) -> None:
        self._idle: SimpleQueue[Sandbox] = SimpleQueue()
        self._sandboxes = [Sandbox(time_limit_s) for _ in range(workers)]
        for sandbox in self._sandboxes:
            self._idle.put(sandbox)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sandbox in self._sandboxes:
            sandbox.close()

    @property
    def pids(self) -> list[int]:
        """The ids of the solver processes."""
        return [sandbox.pid for sandbox in self._sandboxes]

    def solve(self, problem_text: str, approach: str) -> Outcome:
        """Try one approach; block while all processes are busy."""
        sandbox, moves = self._idle.get(), list[str]()
        try:
            answer = sandbox.solve(problem_text, approach, moves.append)
        except NotApplicableError as error:
            return Outcome(None, _actions(moves), str(error))
        finally:
            self._idle.put(sandbox)
        return Outcome(answer, (*_actions(moves), ("answer", "answer", answer)))


def _actions(moves: Sequence[str]) -> tuple[Step, ...]:
    return tuple(("action", move, "") for move in moves)
