"""Which single exceptions mean that infrastructure failed: by type, name and status."""

import errno
import socket
from typing import Final

from pilotfish._sdk.foreign import read
from pilotfish._sdk.statuses import status_verdict
from pilotfish.schemas.infrastructure import EXCEPTION_NAMES, means_infrastructure

_TYPES: Final = (TimeoutError, ConnectionError, socket.gaierror, socket.herror)

_ERRNO_NAMES: Final = (
    "EADDRNOTAVAIL",
    "ECONNABORTED",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTDOWN",
    "EHOSTUNREACH",
    "ENETDOWN",
    "ENETRESET",
    "ENETUNREACH",
    "ENOTCONN",
    "ESHUTDOWN",
    "ETIMEDOUT",
)
_ERRNOS: Final = frozenset(
    number
    for name in _ERRNO_NAMES
    for number in (getattr(errno, name, None), getattr(errno, f"WSA{name[1:]}", None))
    if number is not None
)


def verdict(error: BaseException) -> bool | None:
    """Return True if infrastructure failed, False if the request itself was refused.

    None where neither its type nor a status tells. Never raises.
    """
    if isinstance(error, _TYPES):
        return True
    names = [kind.__name__ for kind in type(error).__mro__]
    if not EXCEPTION_NAMES.isdisjoint(names) or _is_of_the_network(error):
        return True
    said = status_verdict(error)
    # A name that only sounds so does not outweigh a status.
    return True if said is None and any(map(means_infrastructure, names)) else said


def _is_of_the_network(error: BaseException) -> bool:
    number = read(error, "errno") if isinstance(error, OSError) else None
    return isinstance(number, int) and number in _ERRNOS
