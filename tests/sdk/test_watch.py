import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

import pilotfish
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, StepRecorded
from pilotfish.testing import AsyncMemoryClient, MemoryClient


def test_each_call_is_an_attempt_and_the_result_its_answer(
    memory: MemoryClient,
) -> None:
    @memory.watch
    def solve(problem: str, factor: int = 2) -> int:
        """Solve it."""
        attempt = pilotfish.current_attempt()
        assert attempt is not None
        attempt.action("count", problem)
        attempt.succeed()
        return len(problem) * factor

    assert solve("abc") == 6
    assert (solve.__name__, solve.__doc__) == ("solve", "Solve it.")
    start, action, answer, end = memory.events
    assert isinstance(start, AttemptStarted) and start.problem == "abc"
    assert isinstance(action, StepRecorded) and action.kind == "action"
    assert isinstance(answer, StepRecorded)
    assert (answer.kind, answer.name, answer.content) == ("answer", "solve", "6")
    assert isinstance(end, AttemptEnded) and end.status == "succeeded"


def test_problem_type_and_approach_are_published(memory: MemoryClient) -> None:
    @memory.watch(problem_type="sql", approach="plan")
    def solve(database: str, problem: str) -> None:
        """The problem is the parameter of that name, wherever it is."""

    solve("books", problem="How many?")
    start = memory.events[0]
    assert isinstance(start, AttemptStarted)
    assert (start.problem, start.problem_type) == ("How many?", "sql")
    assert start.approach == "plan"
    end = memory.events[-1]
    assert isinstance(end, AttemptEnded)
    assert (end.status, end.approach) == ("unknown", "plan")


def test_methods_and_coroutines_are_wrapped_too(memory: MemoryClient) -> None:
    class Agent:
        @memory.watch
        def solve(self, question: str) -> str:
            return question.upper()

        @memory.watch(problem_type="async")
        async def ask(self, question: str) -> str:
            attempt = pilotfish.current_attempt()
            assert isinstance(attempt, pilotfish.AsyncAttempt)
            hint = await attempt.advice({"plan": ""})
            return f"{question} {hint.approach}"

    memory.will_advise("plan")
    assert Agent().solve("a") == "A"
    assert asyncio.run(Agent().ask("b")) == "b plan"
    started = [e.problem for e in memory.events if isinstance(e, AttemptStarted)]
    assert started == ["a", "b"]


def test_an_async_client_watches_as_well() -> None:
    async def main() -> AsyncMemoryClient:
        async with AsyncMemoryClient() as client:

            @client.watch
            async def solve(problem: str) -> str:
                await asyncio.sleep(0)
                return problem

            await asyncio.gather(*(solve(str(n)) for n in range(10)))
            return client

    assert asyncio.run(main()).stats().sent == 30


def test_exceptions_propagate_unchanged(memory: MemoryClient) -> None:
    error = ValueError("wrong")

    @memory.watch
    def solve(problem: str) -> None:
        raise error

    with pytest.raises(ValueError, match="wrong") as raised:
        solve("x")
    assert raised.value is error
    end = memory.events[-1]
    assert isinstance(end, AttemptEnded) and end.status == "failed"


def test_generators_and_functions_without_a_problem_are_refused(
    memory: MemoryClient,
) -> None:
    def generate(problem: str) -> Iterator[str]:
        yield problem

    async def generate_later(problem: str) -> AsyncIterator[str]:
        yield problem

    def nothing() -> None:
        """Takes no problem."""

    functions: list[Callable[..., object]] = [generate, generate_later, nothing]
    for function in functions:
        with pytest.raises(pilotfish.ConfigurationError, match=function.__name__):
            memory.watch(function)


def test_a_call_with_wrong_arguments_is_no_attempt(memory: MemoryClient) -> None:
    @memory.watch
    def solve(problem: str) -> None:
        """Takes one argument."""

    with pytest.raises(TypeError):
        solve("a", "b")  # type: ignore[call-arg]
    assert memory.events == []
