"""Which argument of a watched call is the problem."""

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from inspect import Parameter, Signature
from typing import Any, Final, cast

from pilotfish.schemas.errors import ConfigurationError

_BOUND: Final = ("self", "cls")
_OF_ANYTHING: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


class ProblemArgument:
    """Finds the problem: the argument called `problem`, else the first one.

    What a `functools.partial` has bound is the problem if it is called so, or if nothing
    is left to be given.

    Raises:
        ConfigurationError: the function has no parameter for the problem.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._args: tuple[Any, ...] = ()
        self._kwargs: dict[str, Any] = {}
        if isinstance(function, functools.partial):
            self._args, self._kwargs = function.args, function.keywords
            function = function.func
        *wrapped, self._own = _signatures(function)
        self._wrapped = [signature for signature in wrapped if _names(signature)]
        if not _names(self._own):
            raise ConfigurationError(
                f"watch: {name} has no parameter for the problem; add one"
            )

    def of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Return the problem; raises TypeError if the arguments do not fit the function."""
        args, kwargs = self._args + args, self._kwargs | kwargs
        for signature in self._wrapped:
            with suppress(TypeError):
                return self._problem(signature, args, kwargs)
        return self._problem(self._own, args, kwargs)

    def _problem(
        self, signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> str:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        bound = signature.bind_partial(*self._args).arguments
        name = _name(signature, bound)
        value, kind = given.arguments[name], signature.parameters[name].kind
        if kind is Parameter.VAR_POSITIONAL:
            named = next(iter(given.kwargs.values()), "")
            value = value[len(bound.get(name, ())) :] or value
            value = given.kwargs.get("problem", value[0] if value else named)
        elif kind is Parameter.VAR_KEYWORD:
            value = _first(value)
        return cast("str", value)


def _signatures(function: Callable[..., Any]) -> list[Signature]:
    """Return the function's own signature, the last one, and what may tell more.

    A decorator that takes anything passes it on to the function that it wraps, perhaps
    with more arguments; one that names its parameters need not have those of that one.
    """
    try:
        own = inspect.signature(function, follow_wrapped=False)
        takes_anything = all(p.kind in _OF_ANYTHING for p in own.parameters.values())
        return [inspect.signature(function), own] if takes_anything else [own]
    except (TypeError, ValueError):  # of a built-in function that does not tell
        return [inspect.signature(_anything)]


def _names(signature: Signature) -> list[str]:
    return [
        name
        for name, parameter in signature.parameters.items()
        # A built-in method that is not bound yet calls what it is called on `self`.
        if name not in _BOUND or parameter.kind is Parameter.POSITIONAL_ONLY
    ]


def _name(signature: Signature, bound: Collection[str]) -> str:
    names = _names(signature)
    if "problem" in names:
        return "problem"
    left = [
        name
        for name in names
        if name not in bound
        or signature.parameters[name].kind is Parameter.VAR_POSITIONAL
    ]
    return left[0] if left else names[0]


def _first(named: Mapping[str, Any]) -> Any:
    return named.get("problem", next(iter(named.values()), ""))


def _anything(*args: Any, **kwargs: Any) -> None:
    """Has the signature of a function of which nothing is known."""
