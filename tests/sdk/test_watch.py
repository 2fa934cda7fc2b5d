import asyncio
import functools
import inspect
import itertools
import operator
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

import pilotfish
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.testing import AsyncMemoryClient, MemoryClient

NUMBERS = itertools.count()


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


def test_what_cannot_be_watched_is_refused(memory: MemoryClient) -> None:
    def nothing() -> None:
        """Takes no problem."""

    with pytest.raises(pilotfish.ConfigurationError, match="nothing has no parameter"):
        memory.watch(nothing)
    with pytest.raises(pilotfish.ConfigurationError, match="int cannot be called"):
        memory.watch(3)  # type: ignore[call-overload]


def test_a_call_with_wrong_arguments_is_no_attempt(memory: MemoryClient) -> None:
    @memory.watch
    def solve(problem: str) -> None:
        """Takes one argument."""

    with pytest.raises(TypeError):
        solve("a", "b")  # type: ignore[call-arg]
    assert memory.events == []


class Agent:
    """What an agent may be called by."""

    def __call__(self, problem: str) -> str:
        return self.method(problem)

    def method(self, problem: str) -> str:
        return problem.upper()

    @staticmethod
    def static(problem: str) -> str:
        return problem.upper()

    @classmethod
    def of_class(cls, problem: str) -> str:
        return problem.upper()


def with_factor(factor: int, problem: str, *, suffix: str = "") -> str:
    return problem.upper() * factor + suffix


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (Agent(), "Agent"),
        (Agent().method, "method"),
        (Agent.static, "static"),
        (Agent.of_class, "of_class"),
        (str.upper, "upper"),
        (lambda problem: problem.upper(), "<lambda>"),
        (functools.partial(with_factor, 1), "with_factor"),
        (
            functools.partial(functools.partial(with_factor, suffix=""), 1),
            "with_factor",
        ),
        (operator.methodcaller("upper"), "methodcaller"),
        (lambda *problems: problems[0].upper(), "<lambda>"),
        (lambda *args, **kwargs: args[0].upper(), "<lambda>"),
    ],
    ids=lambda _: str(next(NUMBERS)),
)
def test_whatever_can_be_called_is_watched(
    memory: MemoryClient, function: Callable[[str], str], name: str
) -> None:
    assert memory.watch(function)("abc") == "ABC"
    start, answer, end = memory.events
    assert isinstance(start, AttemptStarted) and start.problem == "abc"
    assert isinstance(answer, StepRecorded)
    assert (answer.name, answer.content) == (name, "ABC")
    assert isinstance(end, AttemptEnded) and end.status == "unknown"


@pytest.mark.parametrize(
    ("function", "arguments", "problem"),
    [
        (lambda **kwargs: 1, {"problem": "p", "other": "o"}, "p"),
        (lambda **kwargs: 1, {"other": "o"}, "o"),
        (lambda *args, **kwargs: 1, {"question": "q"}, "q"),
        (lambda question, problem: 1, {"question": "q", "problem": "p"}, "p"),
        (dict, {"problem": "p"}, "p"),
    ],
    ids=lambda _: str(next(NUMBERS)),
)
def test_the_problem_is_found_among_named_arguments(
    memory: MemoryClient,
    function: Callable[..., object],
    arguments: dict[str, str],
    problem: str,
) -> None:
    memory.watch(function)(**arguments)
    start = memory.events[0]
    assert isinstance(start, AttemptStarted) and start.problem == problem


def with_model(function: Callable[..., str]) -> Callable[[str], str]:
    @functools.wraps(function)
    def named(text: str, retries: int = 0) -> str:
        return function("model", text)

    return named


def with_anything(function: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(function)
    def anything(*args: str, **kwargs: str) -> str:
        return function("model", *args, **kwargs)

    return anything


def passed_on(function: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(function)
    def same(*args: str, **kwargs: str) -> str:
        return function(*args, **kwargs)

    return same


def ask(model: str, problem: str) -> str:
    return f"{model} {problem}"


def say(text: str, times: int = 1) -> str:
    return text * times


def shown(width: int, text: str) -> str:
    return text[:width]


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        (with_model(ask), ("p",), {}),
        (with_model(ask), ("p", 3), {}),
        (with_anything(ask), ("p",), {}),
        (with_anything(ask), (), {"problem": "p"}),
        (passed_on(ask), ("model", "p"), {}),
        (functools.partial(ask, "model"), ("p",), {}),
        (functools.partial(ask, problem="p"), ("model",), {}),
        (functools.partial(ask, "model", "p"), (), {}),
        (functools.partial(say, times=2), ("p",), {}),
        (functools.partial(shown, 3), ("p",), {}),
        (functools.partial(lambda *texts: 1, "model"), ("p",), {}),
        (functools.partial(lambda *texts: 1, "p"), (), {}),
    ],
    ids=lambda _: str(next(NUMBERS)),
)
def test_the_problem_is_found_behind_decorators_and_partials(
    memory: MemoryClient,
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    memory.watch(function)(*args, **kwargs)
    start = memory.events[0]
    assert isinstance(start, AttemptStarted) and start.problem == "p"


def test_static_and_class_methods_may_be_decorated_from_outside(
    memory: MemoryClient,
) -> None:
    class Watched:
        @memory.watch
        @staticmethod
        def static(problem: str) -> str:
            return problem

        @memory.watch
        @classmethod
        def of_class(cls, problem: str) -> str:
            return f"{cls.__name__} {problem}"

    assert (Watched.static("a"), Watched().of_class("b")) == ("a", "Watched b")
    started = [e.problem for e in memory.events if isinstance(e, AttemptStarted)]
    assert started == ["a", "b"]


def test_a_watched_function_is_of_the_same_nature(memory: MemoryClient) -> None:
    def plain(problem: str) -> str:
        return problem

    async def coroutine(problem: str) -> str:
        return problem

    def generator(problem: str) -> Iterator[str]:
        yield problem

    async def asynchronous(problem: str) -> AsyncIterator[str]:
        yield problem

    tests = (
        inspect.iscoroutinefunction,
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
    )
    functions: tuple[Callable[[str], object], ...]
    functions = plain, coroutine, generator, asynchronous
    for function in functions:
        watched = memory.watch(function)
        assert [test(watched) for test in tests] == [test(function) for test in tests]
        assert inspect.signature(watched) == inspect.signature(function)
        partial = functools.partial(function)
        watched = memory.watch(partial)
        assert [test(watched) for test in tests] == [test(partial) for test in tests]


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(True, "succeeded"), (False, "failed"), (None, "unknown"), (1, "succeeded")],
    ids=str,
)
def test_a_function_of_the_result_says_whether_it_succeeded(
    memory: MemoryClient, verdict: object, status: str
) -> None:
    seen: list[object] = []

    def judge(result: object) -> object:
        seen.append(result)
        return verdict

    @memory.watch(success=judge)
    def solve(problem: str) -> list[str]:
        return [problem]

    @memory.watch(success=judge)
    def stream(problem: str) -> Iterator[str]:
        yield from problem

    solve("abc")
    assert list(stream("abc")) == ["a", "b", "c"]
    assert seen == [["abc"], "abc"]
    ends = [e.status for e in memory.events if isinstance(e, AttemptEnded)]
    assert ends == [status, status]


@pytest.mark.parametrize(
    ("score", "p_success"), [(0.3, 0.3), (1.0, 1.0), (0.0, 0.0), (85.0, None)], ids=str
)
def test_a_score_of_the_result_is_a_judges(
    memory: MemoryClient, score: float, p_success: float | None
) -> None:
    memory.watch(success=lambda _: score)(str.upper)("x")
    _, _, signal, end = memory.events
    assert isinstance(signal, SignalRecorded) and isinstance(end, AttemptEnded)
    assert (signal.kind, signal.p_success) == ("judge", p_success)
    assert end.status == "unknown"


def test_what_the_function_said_itself_stands(memory: MemoryClient) -> None:
    @memory.watch(success=lambda _: True)
    def solve(problem: str) -> None:
        attempt = pilotfish.current_attempt()
        assert attempt is not None
        attempt.fail("by my own test")

    solve("x")
    end = memory.events[-1]
    assert isinstance(end, AttemptEnded)
    assert (end.status, end.reason) == ("failed", "by my own test")


def test_a_judge_that_raises_says_nothing(
    memory: MemoryClient, caplog: pytest.LogCaptureFixture
) -> None:
    @memory.watch(success=lambda result: result["answer"])
    def solve(problem: str) -> str:
        return problem

    assert (solve("x"), solve("y")) == ("x", "y")
    end = memory.events[-1]
    assert isinstance(end, AttemptEnded) and end.status == "unknown"
    assert caplog.text.count("`success` of solve raised TypeError") == 1


def test_a_judge_has_to_answer_at_once(memory: MemoryClient) -> None:
    async def judge(result: object) -> bool:
        return True

    with pytest.raises(pilotfish.ConfigurationError, match="success"):
        memory.watch(success=judge)


def test_what_a_judge_wants_awaited_is_no_success(
    memory: MemoryClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def judge(result: object) -> bool:
        return False

    assert (
        memory.watch(success=lambda result: judge(str(result)))(str.upper)("x") == "X"
    )
    end = memory.events[-1]
    assert isinstance(end, AttemptEnded) and end.status == "unknown"
    assert "something to be awaited" in caplog.text


def test_an_attempt_without_an_approach_after_an_abstention_is_told_once(
    memory: MemoryClient, caplog: pytest.LogCaptureFixture
) -> None:
    for use in (None, None, "plan"):
        with memory.attempt("x") as attempt:
            attempt.advice({"plan": "plan first"})
            if use:
                attempt.use(use)
    assert caplog.text.count("an attempt teaches nothing") == 1
    assert "call attempt.use(approach)" in caplog.text


def test_an_attempt_with_an_approach_is_not_complained_about(
    memory: MemoryClient, caplog: pytest.LogCaptureFixture
) -> None:
    with memory.attempt("x", approach="direct") as attempt:
        attempt.advice({"plan": "plan first"})
    memory.will_advise("plan")
    with memory.attempt("x") as attempt:
        attempt.advice({"plan": "plan first"})
    with memory.attempt("x"):
        pass
    assert "teaches nothing" not in caplog.text
