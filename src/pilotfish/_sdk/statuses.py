"""What a provider's status says, wherever and however its client keeps it.

Statuses are numbers, texts, enums or what a method `code()` returns; they are attributes
of the exception, of its response or body, or items of these. gRPC's have names, and
providers have codes of their own. No provider's package needs to be installed.
"""

import enum
import inspect
from collections.abc import Iterator
from typing import Final

from pilotfish._sdk.foreign import read
from pilotfish.schemas.infrastructure import verdict_of_status

_HOLDERS: Final = (
    (),
    ("response",),
    ("resp",),  # google-api-python-client
    ("body",),
    ("error",),
    ("response", "ResponseMetadata"),  # botocore
    ("response", "Error"),
    ("response", "error"),
    ("body", "error"),  # openai, anthropic
    ("details", "error"),  # google-genai
)
_NAMES: Final = (
    "status_code",
    "statusCode",
    "http_status",
    "status",
    "code",
    "type",
    "grpc_status_code",
    "error_code",
    "HTTPStatusCode",
    "Code",
)

_GRPC_NUMBERS: Final = frozenset({4, 8, 13, 14})


def status_verdict(error: BaseException) -> bool | None:
    """Return what the statuses of an exception say; never raises.

    True means that infrastructure failed, False that the request was refused for what it
    was, and None that no status says either. A provider's code counts before a number:
    some throttle with a 400.
    """
    verdicts = [_verdict(status) for status in _statuses(error)]
    return True if True in verdicts else False if False in verdicts else None


def _statuses(error: BaseException) -> Iterator[object]:
    for path in _HOLDERS:
        holder: object = error
        for name in path:
            holder = read(holder, name)
        if holder is not None:
            yield from (read(holder, name) for name in _NAMES)
    yield _called(error)


def _called(error: BaseException) -> object:
    """Return what the method `code()` of a gRPC error returns."""
    # Looked up in the class: an object may invent attributes, and a call of those may do
    # anything.
    method = inspect.getattr_static(type(error), "code", None)
    if not inspect.isfunction(method) or inspect.iscoroutinefunction(method):
        return None
    try:
        code = method(error)
    except BaseException:  # noqa: BLE001 - a foreign method may raise anything
        return None
    return "UNAVAILABLE" if type(code) is int and code in _GRPC_NUMBERS else code


def _verdict(status: object) -> bool | None:
    if isinstance(status, enum.Enum):
        verdicts = (verdict_of_status(status.name), verdict_of_status(status.value))
        return next((verdict for verdict in verdicts if verdict is not None), None)
    return verdict_of_status(status)
