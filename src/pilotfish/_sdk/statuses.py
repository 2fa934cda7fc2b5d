"""What a provider's status says, wherever and however its client keeps it.

Statuses are numbers, texts, enums or what a method `code()` returns; they are attributes
of the exception, of its response or body, or items of these. gRPC's have names, and
providers have codes of their own. No provider's package needs to be installed.
"""

import enum
import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

from pilotfish._sdk.foreign import read

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

_TRANSIENT: Final = frozenset({408, 425, 429})
_OUR_OWN: Final = frozenset({501, 505})
"""The server is well, and what it was asked for does not exist."""
_NUMBER: Final = re.compile(r"\s*([1-5]\d\d)\b")

_GRPC_NUMBERS: Final = frozenset({4, 8, 13, 14})
_GRPC: Final = frozenset(
    {"DEADLINE_EXCEEDED", "INTERNAL", "RESOURCE_EXHAUSTED", "UNAVAILABLE"}
)
_GRPC_REFUSALS: Final = frozenset(
    {
        "ALREADY_EXISTS",
        "FAILED_PRECONDITION",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "OUT_OF_RANGE",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "UNIMPLEMENTED",
    }
)
_CODES: Final = frozenset(
    {
        # openai, anthropic, and what is compatible with them
        "api_error",
        "engine_overloaded",
        "insufficient_quota",
        "internal_server_error",
        "overloaded",
        "overloaded_error",
        "quota_exceeded",
        "rate_limit",
        "rate_limit_error",
        "rate_limit_exceeded",
        "rate_limited",
        "requests_limit_exceeded",
        "server_error",
        "server_overloaded",
        "service_unavailable",
        "service_unavailable_error",
        "slow_down",
        "timeout_error",
        "tokens_limit_exceeded",
        "too_many_requests",
        # amazon, azure, google
        "bandwidth_limit_exceeded",
        "deadline_exceeded",
        "internal_failure",
        "internal_server_exception",
        "model_not_ready_exception",
        "model_timeout_exception",
        "provisioned_throughput_exceeded_exception",
        "request_limit_exceeded",
        "request_throttled",
        "request_throttled_exception",
        "request_timeout",
        "request_timeout_exception",
        "resource_exhausted",
        "service_unavailable_exception",
        "throttled_exception",
        "throttling",
        "throttling_exception",
        "too_many_requests_exception",
        # systems
        "econnaborted",
        "econnrefused",
        "econnreset",
        "ehostunreach",
        "enetunreach",
        "etimedout",
    }
)
_PLAIN_CODES: Final = frozenset(code.replace("_", "") for code in _CODES)


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
        verdicts = (_verdict_of_plain(status.name), _verdict_of_plain(status.value))
        return next((verdict for verdict in verdicts if verdict is not None), None)
    return _verdict_of_plain(status)


def _verdict_of_plain(status: Any) -> bool | None:
    if isinstance(status, str):
        if status in _GRPC or _plain(status) in _PLAIN_CODES:
            return True
        if status in _GRPC_REFUSALS:
            return False
        number = _NUMBER.match(status)
        return _verdict_of_number(int(number[1])) if number else None
    if isinstance(status, int | float) and not isinstance(status, bool):
        return _verdict_of_number(status)
    return None


def _plain(code: str) -> str:
    return re.sub(r"[\W_]", "", code[:100]).lower()


def _verdict_of_number(number: float) -> bool | None:
    if number in _TRANSIENT or (500 <= number <= 599 and number not in _OUR_OWN):
        return True
    return False if 400 <= number <= 499 else None
