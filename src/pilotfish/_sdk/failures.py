"""Which exceptions mean that infrastructure failed, not the approach.

Providers' exceptions are recognised by class name and HTTP status, so that no provider's
package needs to be installed.
"""

import socket
from typing import Final, Literal

_TYPES: Final = (TimeoutError, ConnectionError, socket.gaierror, socket.herror)

_NAMES: Final = frozenset(
    {
        # openai, anthropic, litellm
        "APIConnectionError",
        "APITimeoutError",
        "InternalServerError",
        "OverloadedError",
        "RateLimitError",
        "ServiceUnavailableError",
        # google
        "DeadlineExceeded",
        "GatewayTimeout",
        "ResourceExhausted",
        "ServiceUnavailable",
        "TooManyRequests",
        # httpx, httpcore
        "NetworkError",
        "RemoteProtocolError",
        "TimeoutException",
        # requests, urllib3, aiohttp
        "ChunkedEncodingError",
        "ClientConnectionError",
        "ConnectionError",
        "MaxRetryError",
        "NewConnectionError",
        "ProtocolError",
        "Timeout",
    }
)

_STATUS: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
_STATUS_AT: Final = ("status_code", "code", "status")

_CAUSES: Final = 8
"""How far `raise ... from` is followed: a chain may be circular."""

Ending = Literal["failed", "infrastructure", "abandoned"]


def ending(error: BaseException) -> Ending:
    """Return how an attempt ended that raised this exception.

    Interrupts, cancellations and exits are no evidence about the approach.
    """
    if not isinstance(error, Exception):
        return "abandoned"
    return "infrastructure" if is_infrastructure(error) else "failed"


def is_infrastructure(error: BaseException) -> bool:
    """Return whether an exception, or its cause, means that infrastructure failed.

    An exception group does if all its exceptions do.
    """
    cause: BaseException | None = error
    for _ in range(_CAUSES):
        if cause is None:
            return False
        if isinstance(cause, BaseExceptionGroup):
            return all(is_infrastructure(inner) for inner in cause.exceptions)
        if _is_listed(cause):
            return True
        cause = cause.__cause__
    return False


def describe(error: BaseException) -> str:
    """Return `TypeName: message`."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - the agent's own __str__ must not break the agent
        message = "[no message]"
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def _is_listed(error: BaseException) -> bool:
    if isinstance(error, _TYPES):
        return True
    if any(kind.__name__ in _NAMES for kind in type(error).__mro__):
        return True
    return _status(error) in _STATUS or _status(_read(error, "response")) in _STATUS


def _status(error: object) -> int | None:
    for name in _STATUS_AT:
        value = _read(error, name)
        if isinstance(value, int):
            return int(value)
    return None


def _read(target: object, name: str) -> object:
    try:
        return getattr(target, name, None)
    except Exception:  # noqa: BLE001 - a property of a foreign exception may raise
        return None
