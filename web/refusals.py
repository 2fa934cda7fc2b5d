"""Answers to what is refused: JSON, or google.rpc.Status where OTLP is spoken."""

from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pilotfish.schemas.errors import PilotfishError, UnavailableError
from pilotfish.web.publisher import QueueFullError

TRACES_PATH: Final = "/v1/traces"
LOGS_PATH: Final = "/v1/logs"
PROTOBUF: Final = "application/x-protobuf"

_INVALID_ARGUMENT: Final = 3
_CODES: Final = {401: 16, 403: 7, 413: 8, 429: 8, 500: 13, 503: 14}
"""By HTTP status, the code of google.rpc.Code where it is not INVALID_ARGUMENT."""
_MAX_REASON: Final = 1000


def refused(
    request: Request,
    status: int,
    reason: str,
    headers: Mapping[str, str] | None = None,
    **more: str,
) -> Response:
    """Return an answer with the reason, in the request's own encoding.

    Args:
        request: what is refused.
        status: the HTTP status.
        reason: what to tell the client.
        headers: more headers of the answer.
        more: further members of the JSON object.
    """
    reason = reason[:_MAX_REASON]
    if request.url.path not in (TRACES_PATH, LOGS_PATH):
        return JSONResponse({"reason": reason, **more}, status, headers)
    code = _CODES.get(status, _INVALID_ARGUMENT)
    if media_type(request) != PROTOBUF:
        return JSONResponse({"code": code, "message": reason}, status, headers)
    return Response(_rpc_status(code, reason), status, headers, PROTOBUF)


def media_type(request: Request) -> str:
    """Return the type of a request's body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer to what the endpoints, or the router, refuse."""
    assert isinstance(error, HTTPException)
    return refused(request, error.status_code, error.detail, error.headers)


async def on_unavailable(request: Request, error: Exception) -> Response:
    """Answer that Kafka or ClickHouse does not take it now: the client should retry."""
    after_s = error.retry_after_s if isinstance(error, UnavailableError) else 1.0
    status = 429 if isinstance(error, QueueFullError) else 503
    headers = {"Retry-After": str(max(1, round(after_s)))}
    return refused(request, status, str(error), headers)


async def on_bug(request: Request, _error: Exception) -> Response:
    """Answer to an error of ours, which the server logs."""
    return refused(request, 500, "an error of pilotfish: its log says more")


async def on_disconnect(request: Request, _error: Exception) -> Response:
    """Answer to a client that went away: nobody reads it, but it is counted."""
    return refused(request, 400, "the body is not whole")


HANDLERS: Final = {
    HTTPException: on_http_error,
    ClientDisconnect: on_disconnect,
    PilotfishError: on_unavailable,
    Exception: on_bug,
}


def _rpc_status(code: int, message: str) -> bytes:
    """Encode google.rpc.Status: its code is field 1, its message field 2."""
    text = message.encode("utf-8", "replace")
    size, length = len(text), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes((0x08, code, 0x12)) + bytes(length) + text
