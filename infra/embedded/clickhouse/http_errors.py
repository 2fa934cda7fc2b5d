"""ClickHouse's error codes, and the HTTP status its server gives for each."""

from pilotfish.infra.embedded.clickhouse.engine_error import SYNTAX_ERROR, EngineError

BAD_ARGUMENTS = 36
NOT_IMPLEMENTED = 48
QUERY_IS_TOO_LARGE = 307
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516
UNKNOWN_COMPRESSION = 89
CANNOT_DECOMPRESS = 271
READONLY = 164
QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
INVALID_SESSION_TIMEOUT = 374
SESSION_IS_LOCKED = 373
SESSION_NOT_FOUND = 372

_NAMES = {
    BAD_ARGUMENTS: "BAD_ARGUMENTS",
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    QUERY_IS_TOO_LARGE: "QUERY_IS_TOO_LARGE",
    ACCESS_DENIED: "ACCESS_DENIED",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    UNKNOWN_COMPRESSION: "UNKNOWN_COMPRESSION_METHOD",
    CANNOT_DECOMPRESS: "CANNOT_DECOMPRESS",
    READONLY: "READONLY",
    INVALID_SESSION_TIMEOUT: "INVALID_SESSION_TIMEOUT",
    SESSION_IS_LOCKED: "SESSION_IS_LOCKED",
    SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
}
# As in ClickHouse's HTTP handler; every other code is 500.
_STATUS = {
    **dict.fromkeys((6, 25, 26, 27, 38, 41, 49, 51, 53, 62, 72, 117, 167, 168), 400),
    **dict.fromkeys((192, 193, 516), 403),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 81, 115), 404),
    159: 408,
    307: 413,
    48: 501,
    194: 401,
    381: 411,
}


def refusal(code: int, message: str) -> EngineError:
    """Return an error of the gateway itself, in the form of ClickHouse's errors."""
    text = f"Code: {code}. DB::Exception: {message} ({_NAMES[code]})"
    return EngineError(code, text)


def status_of(code: int) -> int:
    """Return the HTTP status for an error code."""
    return _STATUS.get(code, 500)
