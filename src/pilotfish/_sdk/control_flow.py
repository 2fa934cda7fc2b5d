"""Exceptions that steer a program and say nothing about the approach, by their names."""

from typing import Literal

from pilotfish._sdk.foreign import read
from pilotfish.schemas.control_flow import ABANDONED, EXITS, UNKNOWN

ControlFlow = Literal["abandoned", "unknown"]


def control_flow_ending(error: BaseException) -> ControlFlow | None:
    """Return how an attempt ends that this exception leaves; None if it may be a failure.

    Whatever is no `Exception` is control flow: Ctrl-C, a closed generator, a cancellation.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & UNKNOWN:
        return "unknown"
    if names & EXITS:
        return "abandoned" if _code(error) else "unknown"
    if names & ABANDONED or not isinstance(error, Exception):
        return "abandoned"
    return None


def _code(error: BaseException) -> object:
    code = read(error, "code")
    return read(error, "exit_code") if code is None else code
