"""What a provider's status says, wherever and however its client keeps it.

Statuses are numbers, texts, enums or what a method such as `code()` returns; they are
attributes of the exception, of its response or body, or items of these. gRPC's have names, and
providers have codes of their own. No provider's package needs to be installed.
"""

import enum
import inspect
from collections.abc import Iterator, Mapping
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
    "http_code",
    "httpStatus",
    "httpStatusCode",
    "status",
    "code",
    "type",
    "grpc_status_code",
    "error_code",
    "HTTPStatusCode",
    "Code",
)

_METHODS: Final = ("code", "getcode", "status", "status_code")
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
        yield from _of_holder(error, path)
    # What an interface answered, raised as it is: `Exception(response.json())`.
    if len(error.args) == 1 and isinstance(error.args[0], Mapping):
        yield from _of_holder(error.args[0], ())
        yield from _of_holder(error.args[0], ("error",))
    for name in _METHODS:
        yield _called(error, name)


def _of_holder(holder: object, path: tuple[str, ...]) -> Iterator[object]:
    for name in path:
        holder = read(holder, name)
    if holder is not None:
        yield from (read(holder, name) for name in _NAMES)


def _called(error: BaseException, name: str) -> object:
    """Return what a method such as gRPC's `code()` returns."""
    # Looked up in the class: an object may invent attributes, and a call of those may do
    # anything.
    method = inspect.getattr_static(type(error), name, None)
    if not inspect.isfunction(method) or inspect.iscoroutinefunction(method):
        return None
    try:
        status = method(error)
    except BaseException:  # noqa: BLE001 - a foreign method may raise anything
        return None
    if name == "code" and type(status) is int and status in _GRPC_NUMBERS:
        return "UNAVAILABLE"
    return status


def _verdict(status: object) -> bool | None:
    if isinstance(status, enum.Enum):
        verdicts = (verdict_of_status(status.name), verdict_of_status(status.value))
        return next((verdict for verdict in verdicts if verdict is not None), None)
    return verdict_of_status(status)
