"""The hard limit: a solver that hangs in C, in a real process."""

import os
import time
from collections.abc import Iterator

import pytest

from pilotfish.demo.agent import PortfolioAgent
from pilotfish.demo.reading.text import NotApplicableError
from pilotfish.demo.sandbox import Sandbox

GCD = "Find the Greatest Common Divisor (GCD) of these numbers: 12, 18."
HANGS = "Every row and column:\n" + "\n".join(["_ " * 9] * 9)
"""A sudoku without a single number: z3 takes minutes, and no exception reaches it."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(time_limit_s=1.0)
    yield sandbox
    sandbox.close()


def test_the_sandbox_returns_the_answer(sandbox: Sandbox) -> None:
    assert sandbox.solve(GCD, "direct_evaluation", str) == "6"


def test_a_solver_that_hangs_is_killed_and_the_next_call_works(
    sandbox: Sandbox,
) -> None:
    before, began = sandbox.pid, time.monotonic()
    moves: list[str] = []
    with pytest.raises(NotApplicableError, match="no answer within 1 s"):
        sandbox.solve(HANGS, "smt", moves.append)
    assert moves[-1] == "satisfy_formulas"  # what it did before it was killed
    assert 1 <= time.monotonic() - began < 60  # the solver alone takes minutes
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert sandbox.solve(GCD, "direct_evaluation", str) == "6"


def test_a_process_that_died_is_replaced(sandbox: Sandbox) -> None:
    os.kill(sandbox.pid, 9)
    with pytest.raises(NotApplicableError, match="died"):
        sandbox.solve(GCD, "direct_evaluation", str)
    assert sandbox.solve(GCD, "direct_evaluation", str) == "6"


def test_leaving_the_portfolio_leaves_no_process() -> None:
    with PortfolioAgent(workers=2, time_limit_s=1.0) as agent:
        assert agent.solve(GCD, "symbolic_algebra").answer == "6"
        pids = agent.pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_outcome_names_the_moves_and_never_the_approach() -> None:
    with PortfolioAgent(workers=1, time_limit_s=1.0) as agent:
        good = agent.solve(GCD, "direct_evaluation")
        none = agent.solve(GCD, "state_search")
    names = [name for _, name, _ in good.steps]
    assert names[-3:] == ["read_numbers", "divide_out", "answer"]
    assert none.answer is None and none.error
    assert none.steps == tuple(
        ("action", name, "")
        for name in ("name_start_and_goal", "read_grid", "read_edges", "read_numbers")
    )
