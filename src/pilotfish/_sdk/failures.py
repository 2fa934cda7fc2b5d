"""Which exceptions mean infrastructure: not the approach's fault.

Providers' exceptions are recognised by the names of their classes and by HTTP status,
so that no provider's package needs to be installed.
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
"""How far `raise ... from` is followed: a chain may be a circle."""

Ending = Literal["failed", "infrastructure", "abandoned"]


def ending(error: BaseException) -> Ending:
    """Return how an attempt ended that raised this.

    Interrupts, cancellations and exits say nothing about the approach.
    """
    if not isinstance(error, Exception):
        return "abandoned"
    return "infrastructure" if is_infrastructure(error) else "failed"


def is_infrastructure(error: BaseException) -> bool:
    """Say whether an exception, or what it was raised `from`, means infrastructure.

    A group does if everything in it does.
    """
    cause: BaseException | None = error
    for _ in range(_CAUSES):
        if cause is None:
            return False
        if isinstance(cause, BaseExceptionGroup):
            return all(is_infrastructure(one) for one in cause.exceptions)
        if _itself(cause):
            return True
        cause = cause.__cause__
    return False


def describe(error: BaseException) -> str:
    """Return `TypeName: message`."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - the agent's own __str__, which must not hurt it
        message = "[no message]"
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def _itself(error: BaseException) -> bool:
    if isinstance(error, _TYPES):
        return True
    if any(kind.__name__ in _NAMES for kind in type(error).__mro__):
        return True
    return _status(error) in _STATUS or _status(_read(error, "response")) in _STATUS


def _status(of: object) -> int | None:
    for name in _STATUS_AT:
        value = _read(of, name)
        if isinstance(value, int):
            return int(value)
    return None


def _read(of: object, name: str) -> object:
    try:
        return getattr(of, name, None)
    except Exception:  # noqa: BLE001 - a property of somebody's exception
        return None
