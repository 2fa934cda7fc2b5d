"""The current attempt of a thread or task."""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Union, cast

if TYPE_CHECKING:
    from pilotfish._sdk.async_attempt import AsyncAttempt
    from pilotfish._sdk.attempt import Attempt
    from pilotfish._sdk.attempt_base import AttemptBase

Current = Union["Attempt", "AsyncAttempt"]

CURRENT: "ContextVar[AttemptBase | None]" = ContextVar(
    "pilotfish_attempt", default=None
)


def current_attempt() -> "Current | None":
    """Return the innermost open attempt of this thread or task, or None.

    It is an `AsyncAttempt` within `async with` or a watched coroutine, else an `Attempt`.
    """
    attempt = CURRENT.get()
    # Blocks may end in another order than the reverse of their starts.
    while attempt is not None and attempt.ended:
        attempt = attempt.outer
    return cast("Current | None", attempt)
