"""How an attempt ends that an exception leaves."""

from typing import Final, Literal

from pilotfish._sdk.control_flow import control_flow_ending
from pilotfish._sdk.foreign import read
from pilotfish._sdk.infrastructure import verdict
from pilotfish._sdk.text import as_text

_MAX_DEPTH: Final = 64
"""How far causes and groups are followed."""

_OF_PYTHON: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    SyntaxError,
    TypeError,
)
"""What Python itself raises where a program is wrong. Raised while another exception is
handled, such an error is the handler's own, not news of the other one."""

Ending = Literal["failed", "infrastructure", "abandoned", "unknown"]

_WORST_FIRST: Final[tuple[Ending, ...]] = (
    "failed",
    "infrastructure",
    "abandoned",
    "unknown",
)


def ending(
    error: BaseException,
    handled_outside: BaseException | None = None,
    control_flow: tuple[type[BaseException], ...] = (),
) -> Ending:
    """Return how an attempt ended that raised this exception; never raises.

    Interrupts, cancellations, exits, retries and skips are no evidence about the approach.
    A group ends an attempt as the worst of its exceptions does.

    Args:
        error: the exception.
        handled_outside: what was being handled already when the attempt began; it is
            nothing that happened in the attempt.
        control_flow: types of exceptions that the agent's owner calls control flow.
    """
    try:
        return _ending(error, handled_outside, control_flow, 0)
    except BaseException:  # noqa: BLE001 - a foreign exception may be built in any way
        return "failed"


def is_infrastructure(
    error: BaseException, handled_outside: BaseException | None = None
) -> bool:
    """Return whether infrastructure failed; an exception group has to be about nothing else.

    Followed are explicit causes, and what was being handled when an exception was raised,
    unless that was suppressed by `from None` or the exception speaks for itself.
    """
    return _Causes(handled_outside).are_infrastructure(error)


def describe(error: BaseException) -> str:
    """Return `TypeName: message`; never raises, and takes no longer for a large object."""
    message = as_text(error if _has_own_text(error) else _argument(error))
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def _has_own_text(error: BaseException) -> bool:
    return type(error).__str__ is not BaseException.__str__


def _argument(error: BaseException) -> object:
    """Return what `BaseException.__str__` makes its text of."""
    return error.args[0] if len(error.args) == 1 else error.args or ""


def _ending(
    error: BaseException,
    handled_outside: BaseException | None,
    control_flow: tuple[type[BaseException], ...],
    depth: int,
) -> Ending:
    if isinstance(error, control_flow):
        return "unknown"
    if isinstance(error, BaseExceptionGroup) and depth < _MAX_DEPTH:
        endings = {
            _ending(inner, handled_outside, control_flow, depth + 1)
            for inner in error.exceptions
        }
        return next(ending for ending in _WORST_FIRST if ending in endings)
    steering = control_flow_ending(error)
    if steering:
        return steering
    return "infrastructure" if is_infrastructure(error, handled_outside) else "failed"


class _Causes:
    """Follows an exception to what led to it; each exception is looked at once."""

    def __init__(self, handled_outside: BaseException | None) -> None:
        self._handled_outside = handled_outside
        self._known: dict[int, bool] = {}

    def are_infrastructure(self, error: BaseException, depth: int = 0) -> bool:
        key = id(error)
        if key not in self._known and depth < _MAX_DEPTH:
            self._known[key] = False  # in the meantime: causes may be circular
            self._known[key] = self._judge(error, depth + 1)
        return self._known.get(key, False)

    def _judge(self, error: BaseException, depth: int) -> bool:
        if isinstance(error, BaseExceptionGroup):
            return all(self.are_infrastructure(e, depth) for e in error.exceptions)
        own = verdict(error)
        if own:
            return True
        behind = self._behind(error, speaks_for_itself=own is False)
        return behind is not None and self.are_infrastructure(behind, depth)

    def _behind(
        self, error: BaseException, *, speaks_for_itself: bool
    ) -> BaseException | None:
        for name in ("__cause__", "reason"):  # `reason` is URLError's
            cause = read(error, name)
            if isinstance(cause, BaseException):
                return cause
        if speaks_for_itself or isinstance(error, _OF_PYTHON):
            return None
        context = read(error, "__context__")
        hidden = read(error, "__suppress_context__") or context is self._handled_outside
        return context if isinstance(context, BaseException) and not hidden else None
