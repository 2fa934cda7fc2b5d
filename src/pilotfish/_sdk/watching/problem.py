"""Which argument of a watched call is the problem."""

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any, cast

from pilotfish.schemas.errors import ConfigurationError

_BOUND = ("self", "cls")


class ProblemArgument:
    """Finds the problem: the argument called `problem`, else the first one.

    Raises:
        ConfigurationError: the function has no parameter for the problem.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        try:
            self._signature = inspect.signature(function)
        except (TypeError, ValueError):  # of a built-in function that does not tell
            self._signature = inspect.signature(_anything)
        parameters = [
            name
            for name, parameter in self._signature.parameters.items()
            # A built-in method that is not bound yet calls what it is called on `self`.
            if name not in _BOUND or parameter.kind is Parameter.POSITIONAL_ONLY
        ]
        if not parameters:
            raise ConfigurationError(
                f"watch: {name} has no parameter for the problem; add one"
            )
        self._name = "problem" if "problem" in parameters else parameters[0]

    def of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Return the problem; raises TypeError if the arguments do not fit the function."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        value, kind = (
            bound.arguments[self._name],
            self._signature.parameters[self._name],
        )
        if kind.kind is Parameter.VAR_POSITIONAL:
            named = next(iter(bound.kwargs.values()), "")
            value = bound.kwargs.get("problem", value[0] if value else named)
        elif kind.kind is Parameter.VAR_KEYWORD:
            value = _first(value)
        return cast("str", value)


def _first(named: Mapping[str, Any]) -> Any:
    return named.get("problem", next(iter(named.values()), ""))


def _anything(*args: Any, **kwargs: Any) -> None:
    """Has the signature of a function of which nothing is known."""
