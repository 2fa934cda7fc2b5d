"""What tells that infrastructure failed: names of exceptions, and statuses of providers.

A status is a number, or a text that holds one; gRPC's have names, and providers have codes
of their own.
"""

import re
from typing import Final

EXCEPTION_NAMES: Final = frozenset(
    {
        # openai, anthropic, litellm
        "APIConnectionError",
        "APITimeoutError",
        "BadGatewayError",
        "InternalServerError",
        "OverloadedError",
        "RateLimitError",
        "RateLimitExceeded",
        "ServiceUnavailableError",
        # google
        "BadGateway",
        "DeadlineExceeded",
        "GatewayTimeout",
        "ResourceExhausted",
        "ServiceUnavailable",
        "TooManyRequests",
        "TooManyRequestsError",
        # httpx, httpcore
        "NetworkError",
        "ProxyError",
        "RemoteProtocolError",
        "TimeoutException",
        # requests, urllib3, http.client
        "BadStatusLine",
        "ChunkedEncodingError",
        "ConnectionError",
        "ConnectTimeoutError",
        "IncompleteRead",
        "MaxRetryError",
        "NewConnectionError",
        "ProtocolError",
        "ReadTimeoutError",
        "SSLError",
        "Timeout",
        # aiohttp, websockets
        "ClientConnectionError",
        "ClientPayloadError",
        "ConnectionClosedError",  # botocore, too
        "ServerDisconnectedError",
        "ServerTimeoutError",
        # botocore
        "EndpointConnectionError",
        "InternalServerException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ResponseStreamingError",
        "ServiceUnavailableException",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        # azure, pymongo, anyio, smtplib, telegram
        "ServiceRequestError",
        "ServiceResponseError",
        "AutoReconnect",
        "BrokenResourceError",
        "SMTPServerDisconnected",
        "RetryAfter",
        # asyncio, elastic-transport
        "ConnectionTimeout",
        "IncompleteReadError",
    }
)
"""Names that packages give to exceptions of which infrastructure is the cause."""

_MEANING: Final = re.compile(
    r"(?:BadGateway"
    r"|Connection(?:Aborted|Closed|Dropped|Lost|Refused|Reset)?"
    r"|Overloaded"
    r"|QuotaExceeded"
    r"|RateLimit(?:ed|Exceeded|Reached)?"
    r"|Server(?=Error)"
    r"|Throttl(?:ed|ing)"
    # An agent or a test that took too long has failed.
    r"|(?<!Agent)(?<!Attempt)(?<!Solver)(?<!Task)(?<!Test)(?<!Trial)Time(?:d?Out|out)"
    r"|TooManyRequests"
    r"|Unavailable)"
    r"(?:Error|Exception)?$"
)
"""How the names end that agents and frameworks give to what providers raise, such as
`LMRateLimitError`."""

_TRANSIENT: Final = frozenset({408, 425, 429})
_OUR_OWN: Final = frozenset({501, 505})
"""The server is well, and what it was asked for does not exist."""
_NUMBER: Final = re.compile(r"\s*(?:HTTP(?:/[\d.]+)?\s+)?([1-5]\d\d)\b", re.IGNORECASE)

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
        "internal_error",
        "internal_server_error",
        "overloaded",
        "overloaded_error",
        "quota_exceeded",
        "rate_limit",
        "rate_limit_error",
        "rate_limit_exceeded",
        "rate_limit_reached",
        "rate_limited",
        "requests_limit_exceeded",
        "server_error",
        "server_overloaded",
        "service_unavailable",
        "service_unavailable_error",
        "slow_down",
        "timeout",
        "timeout_error",
        "tokens_limit_exceeded",
        "too_many_requests",
        # amazon, azure, google
        "bandwidth_limit_exceeded",
        "deadline_exceeded",
        "ec2_throttled_exception",
        "internal_failure",
        "internal_server_exception",
        "limit_exceeded_exception",
        "model_not_ready_exception",
        "model_timeout_exception",
        "prior_request_not_complete",
        "provisioned_throughput_exceeded_exception",
        "request_limit_exceeded",
        "request_throttled",
        "request_throttled_exception",
        "request_timeout",
        "request_timeout_exception",
        "resource_exhausted",
        "service_quota_exceeded_exception",
        "service_unavailable_exception",
        "throttled_exception",
        "throttling",
        "throttling_exception",
        "too_many_requests_exception",
        "transaction_in_progress_exception",
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


def means_infrastructure(name: str) -> bool:
    """Return whether an exception of this name, by its meaning, tells of infrastructure."""
    return name in EXCEPTION_NAMES or _MEANING.search(name) is not None


def verdict_of_status(status: object) -> bool | None:
    """Return True if a status means that infrastructure failed, False if a refusal.

    None if it says neither, or is no number and no text.
    """
    if isinstance(status, str):
        name = status.removeprefix("StatusCode.")
        if name in _GRPC or _plain(status) in _PLAIN_CODES:
            return True
        if name in _GRPC_REFUSALS:
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
