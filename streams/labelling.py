"""Labelling functions: what one sign says of an attempt, a small function each.

A function takes an assembled `Attempt` and returns P(success) by that sign alone, or
`ABSTAIN`. Those that ship are in `labelling_functions`; a module of your own, named in
PILOTFISH_LABELLING, registers more:

    from pilotfish.streams.labelling import ABSTAIN, FAILURE, Attempt, labelling_function

    @labelling_function
    def apologised(attempt: Attempt) -> float | None:
        return FAILURE if "apologise" in (attempt.answer or "") else ABSTAIN

Each is tried in a line: `apologised(Attempt(answer="I apologise")) == FAILURE`. A function
must be pure: an attempt that is read again after a crash must get the same votes.
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
    """An attempt that ended, as labelling functions see it.

    Args:
        status: how it ended.
        reason: the words of its end.
        problem: what was asked; empty where the start is unknown.
        actions: names of the first 64.
        repeats: how often one action, the same to the letter, was among eight in a row.
        answer: the beginning of the last answer; None where there was no answer step.
        exception: what was said of the last exception.
        signals: in order of arrival, the outcome that the end told included.
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
"""All that are registered, by name."""


def labelling_function(function: LabellingFunction) -> LabellingFunction:
    """Register a labelling function under its own name; return it unchanged.

    Raises:
        ConfigurationError: another function has this name.
    """
    name = function.__name__
    known = _FUNCTIONS.setdefault(name, function)
    if known is not function:
        raise ConfigurationError(
            f"two labelling functions are called {name}: rename that of "
            f"{function.__module__}, for labels tell their votes by name"
        )
    return function


def load(module: str = "") -> None:
    """Register the functions that ship, and those of a module of the user's if named.

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
    """Return what each registered function that does not abstain says, by name.

    One that raises, or says what is no probability, abstains; a log line tells.
    """
    said = ((name, _vote(name, one, attempt)) for name, one in _FUNCTIONS.items())
    return {name: vote for name, vote in said if vote is not None}


def _vote(name: str, function: LabellingFunction, attempt: Attempt) -> float | None:
    try:
        vote = function(attempt)
        return None if vote is None else _PROBABILITY.validate_python(vote)
    except Exception as error:  # noqa: BLE001 - a user's function must not stop labels
        _LOG.warning("labelling_function_failed", function=name, error=repr(error))
        return ABSTAIN
