"""A decorator that makes each call of a function an attempt."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from pilotfish._sdk.async_attempt import AsyncAttempt
from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.session import Session
from pilotfish._sdk.watching.call import Success, WatchedCall
from pilotfish._sdk.watching.generators import (
    Start,
    async_generator_function,
    generator_function,
)
from pilotfish._sdk.watching.problem import ProblemArgument
from pilotfish._sdk.watching.results import awaited, watched_result
from pilotfish.schemas.errors import ConfigurationError

P = ParamSpec("P")
R = TypeVar("R")


class Watch:
    """Decorates whatever can be called: each call is an attempt.

    The problem is the argument called `problem`, else the first one; the result is
    recorded as the answer. In the function, `current_attempt()` returns the attempt. It
    ends when the result does: a generator, a stream or a coroutine when it was read or
    awaited to its end, and the text that came of it is the answer.

        @pilot.watch
        def solve(problem): ...

        @pilot.watch(problem_type="sql", success=lambda answer: answer.startswith("SELECT"))
        async def solve(problem): ...

    `success` says of the result whether it is a success, where the function itself gave no
    outcome: True or False, None where it cannot tell, or a score from 0.0 to 1.0, which is
    recorded as a judge's. Of a stream it gets the text.
    Without it, a result alone is no evidence: agents return when they are wrong, too.

    Raises:
        ConfigurationError: what is decorated cannot be called, or has no parameter for the
            problem; or `success` is a coroutine function.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @overload
    def __call__(self, function: Callable[P, R]) -> Callable[P, R]: ...

    @overload
    def __call__(
        self,
        *,
        problem_type: str = "",
        approach: str | None = None,
        success: Success | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def __call__(
        self,
        function: Callable[..., Any] | None = None,
        *,
        problem_type: str = "",
        approach: str | None = None,
        success: Success | None = None,
    ) -> Any:
        if inspect.iscoroutinefunction(success):
            raise ConfigurationError("watch: `success` must be an ordinary function")

        def decorate(function: Any) -> Any:
            if isinstance(function, staticmethod | classmethod):
                return type(function)(decorate(function.__func__))
            calls = _Calls(self._session, function, problem_type, approach, success)
            return functools.update_wrapper(_wrapped(calls, function), function)

        return decorate if function is None else decorate(function)


class _Calls:
    """Begins the calls of one function."""

    def __init__(
        self,
        session: Session,
        function: Callable[..., Any],
        problem_type: str,
        approach: str | None,
        success: Success | None,
    ) -> None:
        self._name = _name(function)
        if not callable(function):
            raise ConfigurationError(f"watch: {self._name} cannot be called")
        self._problem = ProblemArgument(function, self._name)
        self._session = session
        self._problem_type = problem_type
        self._approach = approach
        self._success = success

    def begin(
        self,
        kind: type[Attempt] | type[AsyncAttempt],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> WatchedCall:
        """Begin an attempt; raises TypeError if the arguments do not fit the function."""
        problem = self._problem.of(args, kwargs)
        attempt = kind(self._session, problem, self._problem_type, self._approach, None)
        return WatchedCall(self._session, attempt, self._name, self._success)


def _wrapped(calls: _Calls, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the same nature, as `inspect` tells it."""
    if inspect.iscoroutinefunction(function):
        return _coroutine_function(calls, function)
    if inspect.isgeneratorfunction(function):
        return generator_function(_start(calls, Attempt, function))
    if inspect.isasyncgenfunction(function):
        return async_generator_function(_start(calls, AsyncAttempt, function))
    return _function(calls, function)


def _start(
    calls: _Calls,
    kind: type[Attempt] | type[AsyncAttempt],
    function: Callable[..., Any],
) -> Start:
    def start(*args: Any, **kwargs: Any) -> tuple[WatchedCall, Any]:
        return calls.begin(kind, args, kwargs), function(*args, **kwargs)

    return start


def _function(calls: _Calls, function: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        call = calls.begin(Attempt, args, kwargs)
        with call.running():
            result = function(*args, **kwargs)
        return watched_result(call, result)

    return watched


def _coroutine_function(
    calls: _Calls, function: Callable[..., Any]
) -> Callable[..., Any]:
    async def watched(*args: Any, **kwargs: Any) -> Any:
        call = calls.begin(AsyncAttempt, args, kwargs)
        with call.running():
            work = function(*args, **kwargs)
        return await awaited(call, work)

    return watched


def _name(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))
