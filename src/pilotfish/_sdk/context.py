"""The attempt that the running code is in: one a thread, one a task."""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Union, cast

if TYPE_CHECKING:
    from pilotfish._sdk.async_attempt import AsyncAttempt
    from pilotfish._sdk.attempt import Attempt
    from pilotfish._sdk.attempt_base import Recording

Current = Union["Attempt", "AsyncAttempt"]

CURRENT: "ContextVar[Recording | None]" = ContextVar("pilotfish_attempt", default=None)


def current_attempt() -> "Current | None":
    """Return the innermost open attempt of this thread or task; None outside of one.

    An `AsyncAttempt` within `async with` or a watched coroutine, else an `Attempt`.
    """
    attempt = CURRENT.get()
    # Blocks need not end in the order in which they began.
    while attempt is not None and attempt.ended:
        attempt = attempt.outer
    return cast("Current | None", attempt)
