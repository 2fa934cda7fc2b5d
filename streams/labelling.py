"""Labelling functions: each judges an attempt by one piece of evidence.

A function takes an assembled `Attempt` and returns P(success) by that evidence alone, or
`ABSTAIN`. The built-in functions are in `labels/functions.py`; a module of your own, named
in PILOTFISH_LABELLING, registers more:

    from pilotfish.streams.labelling import ABSTAIN, FAILURE, Attempt, labelling_function

    @labelling_function
    def apologised(attempt: Attempt) -> float | None:
        return FAILURE if "apologise" in (attempt.answer or "") else ABSTAIN

One line tests it: `apologised(Attempt(answer="I apologise")) == FAILURE`. A function must
be pure: an attempt that is read again after a crash must get the same votes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Final

import structlog
from pydantic import Field, TypeAdapter

from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.events import Status
from pilotfish.streams.labels.rules import Signal

_LOG = structlog.get_logger(service="streams")

SUCCESS: Final = 1.0
FAILURE: Final = 0.0
ABSTAIN: Final = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that has ended, as labelling functions see it.

    Args:
        status: how it ended.
        reason: the reason given at its end.
        problem: the text of the problem; empty if the start is unknown.
        actions: names of the first 64.
        repeats: the highest number of identical actions among eight in a row.
        answer: the beginning of the last answer; None without an answer step.
        exception: the description of the last exception.
        signals: in order of arrival, including the outcome given at the end.
        duration_s: seconds from start to end.
    """

    status: Status = "unknown"
    reason: str = ""
    problem: str = ""
    problem_type: str = ""
    approach: str = ""
    agent: str = ""
    steps: int = 0
    actions: tuple[str, ...] = ()
    repeats: int = 0
    answer: str | None = None
    exception: str = ""
    signals: tuple[Signal, ...] = ()
    cost: float = 0.0
    tokens: int = 0
    duration_s: float = 0.0


_PROBABILITY: Final = TypeAdapter(Annotated[float, Field(strict=True, ge=0, le=1)])

LabellingFunction = Callable[[Attempt], float | None]

_FUNCTIONS: Final[dict[str, LabellingFunction]] = {}
FUNCTIONS: Final[Mapping[str, LabellingFunction]] = MappingProxyType(_FUNCTIONS)
"""All registered functions, by name."""


def labelling_function(function: LabellingFunction) -> LabellingFunction:
    """Register a labelling function under its own name; return it unchanged.

    Raises:
        ConfigurationError: another function has this name.
    """
    name = function.__name__
    registered = _FUNCTIONS.setdefault(name, function)
    if registered is not function:
        raise ConfigurationError(
            f"two labelling functions are called {name}: rename the one in "
            f"{function.__module__}, because votes are stored by name"
        )
    return function


def load(module: str = "") -> None:
    """Register the built-in functions, and those of the user's module, if given.

    Raises:
        ConfigurationError: the module cannot be imported.
    """
    import_module("pilotfish.streams.labels.functions")
    try:
        if module:
            import_module(module)
    except Exception as error:
        raise ConfigurationError(
            f"PILOTFISH_LABELLING={module} cannot be imported: {error!r}; it must be on "
            "PYTHONPATH or in the folder where the service starts"
        ) from error


def votes(attempt: Attempt) -> dict[str, float]:
    """Return the votes of all registered functions that do not abstain, by name.

    A function that raises, or returns no probability, is logged and abstains.
    """
    votes_by_name = (
        (name, _vote(name, function, attempt)) for name, function in _FUNCTIONS.items()
    )
    return {name: vote for name, vote in votes_by_name if vote is not None}


def _vote(name: str, function: LabellingFunction, attempt: Attempt) -> float | None:
    try:
        vote = function(attempt)
        return None if vote is None else _PROBABILITY.validate_python(vote)
    except Exception as error:  # noqa: BLE001 - a user's function must not stop labels
        _LOG.warning("labelling_function_failed", function=name, error=repr(error))
        return ABSTAIN
