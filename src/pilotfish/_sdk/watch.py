"""A decorator that makes each call of a function an attempt."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast, overload

from pilotfish._sdk.async_attempt import AsyncAttempt
from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.session import Session
from pilotfish.schemas.errors import ConfigurationError

P = ParamSpec("P")
R = TypeVar("R")

_BOUND = ("self", "cls")


class Watch:
    """Decorates functions and coroutine functions: each call is an attempt.

    The problem is the argument called `problem`, else the first one; the result is
    recorded as the answer. In the function, `current_attempt()` returns the attempt.

        @pilot.watch
        def solve(problem): ...

        @pilot.watch(problem_type="sql", approach="plan")
        async def solve(problem): ...

    Raises:
        ConfigurationError: the function is a generator, or has no parameter for the problem.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @overload
    def __call__(self, function: Callable[P, R]) -> Callable[P, R]: ...

    @overload
    def __call__(
        self, *, problem_type: str = "", approach: str | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def __call__(
        self,
        function: Callable[..., Any] | None = None,
        *,
        problem_type: str = "",
        approach: str | None = None,
    ) -> Any:
        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            options = {"problem_type": problem_type, "approach": approach}
            is_coroutine = inspect.iscoroutinefunction(function)
            wrap = _watched_coroutine if is_coroutine else _watched_function
            return wrap(self._session, function, _ProblemArgument(function), options)

        return decorate if function is None else decorate(function)


class _ProblemArgument:
    """Finds the problem among the arguments of a call."""

    def __init__(self, function: Callable[..., Any]) -> None:
        name = getattr(function, "__qualname__", repr(function))
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(
            function
        ):
            raise ConfigurationError(
                f"watch: {name} is a generator; use `with pilot.attempt(...)` in it"
            )
        self._signature = inspect.signature(function)
        names = [name for name in self._signature.parameters if name not in _BOUND]
        if not names:
            raise ConfigurationError(
                f"watch: {name} has no parameter for the problem; add one"
            )
        self._name = "problem" if "problem" in names else names[0]

    def of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Return the problem; raises TypeError if the arguments do not fit the function."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return cast("str", bound.arguments[self._name])


def _watched_function(
    session: Session,
    function: Callable[..., Any],
    argument: _ProblemArgument,
    options: dict[str, Any],
) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        problem = argument.of(args, kwargs)
        with Attempt(session, problem, attributes=None, **options) as attempt:
            result = function(*args, **kwargs)
            attempt.answer(function.__name__, result)
            return result

    return watched


def _watched_coroutine(
    session: Session,
    function: Callable[..., Any],
    argument: _ProblemArgument,
    options: dict[str, Any],
) -> Callable[..., Any]:
    @functools.wraps(function)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        problem = argument.of(args, kwargs)
        async with AsyncAttempt(
            session, problem, attributes=None, **options
        ) as attempt:
            result = await function(*args, **kwargs)
            attempt.answer(function.__name__, result)
            return result

    return watched
