"""The arguments of `connect`."""

import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from pilotfish._sdk.approach_by import Fact
from pilotfish.schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `connect`, by the same names; None defers to PILOTFISH_*.

    Raises:
        ConfigurationError: a number is out of range, the platform has no spool, or
            `control_flow` has something else than types of exceptions.
    """

    kafka: str | None
    tenant: str | None
    agent: str
    agent_version: str
    model: str
    advice_deadline_s: float
    redact: Callable[[str], str] | None
    queue_bytes: int
    spool: str | os.PathLike[str] | None
    control_flow: tuple[type[BaseException], ...]
    approach_by: Fact | None

    def __post_init__(self) -> None:
        _check_above_zero("advice_deadline_s", self.advice_deadline_s, "seconds")
        _check_above_zero("queue_bytes", self.queue_bytes, "a number")
        if self.spool is not None and sys.platform == "win32":
            raise ConfigurationError(
                "spool is not supported on Windows: leave the argument out"
            )
        check_control_flow(self.control_flow)


def _check_above_zero(name: str, value: object, what: str) -> None:
    if isinstance(value, int | float) and 0 < value < math.inf:
        return
    raise ConfigurationError(f"{name} is {value!r:.100}: give {what} above 0")


def check_control_flow(types: object) -> None:
    """Check that this is a tuple of types of exceptions.

    Raises:
        ConfigurationError: it is not.
    """
    if isinstance(types, tuple) and all(
        isinstance(kind, type) and issubclass(kind, BaseException) for kind in types
    ):
        return
    raise ConfigurationError(
        f"control_flow is {types!r}: give a tuple of types of exceptions"
    )
