"""Reads HTTP requests in ClickHouse's protocol into requests to the engine."""

import asyncio
from collections.abc import Mapping

from aiohttp import BodyPartReader, web

from pilotfish.infra.embedded.clickhouse.access import User
from pilotfish.infra.embedded.clickhouse.compressed_blocks import decompress_blocks
from pilotfish.infra.embedded.clickhouse.compression import decompress
from pilotfish.infra.embedded.clickhouse.engine_error import SYNTAX_ERROR, EngineError
from pilotfish.infra.embedded.clickhouse.http_errors import (
    BAD_ARGUMENTS,
    CANNOT_DECOMPRESS,
    INVALID_SESSION_TIMEOUT,
    NOT_IMPLEMENTED,
    QUERY_IS_TOO_LARGE,
    UNKNOWN_COMPRESSION,
    refusal,
)
from pilotfish.infra.embedded.clickhouse.query_ids import with_client_ids
from pilotfish.infra.embedded.clickhouse.request import Request, SessionRequest
from pilotfish.infra.embedded.clickhouse.statement import Statement, parse

# Names in an address that are not settings.
_RESERVED = frozenset(
    {
        "buffer_size",
        "client_protocol_version",
        "close_session",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "session_check",
        "session_id",
        "session_timeout",
        "stacktrace",
        "user",
        "wait_end_of_query",
    }
)
# As in ClickHouse.
_SESSION_TIMEOUT_S = "60"
_LONGEST_SESSION_TIMEOUT_S = 3600


async def read(
    request: web.Request, user: User, max_bytes: int, query_id: str
) -> Request:
    """Read a request and its body.

    Raises:
        EngineError: the request is malformed, too large, unsupported by the gateway, or
            not permitted to the user.
    """
    form = dict(request.query)
    if request.content_type == "multipart/form-data":
        form |= await _form(request)
        body = b""
    else:
        body = await _body(request, max_bytes)
    statement = parse(_text(form.get("query", ""), body))
    _check(statement)
    user.check(statement)
    return Request(
        statement=with_client_ids(statement),
        database=form.get("database", request.headers.get("X-ClickHouse-Database", "")),
        format=_format(form, request.headers),
        settings=_settings(form, request.method),
        reads_only=user.reads_only,
        parameters={
            name.removeprefix("param_"): value
            for name, value in form.items()
            if name.startswith("param_")
        },
        query_id=query_id,
        session=_session(form, user),
    )


async def _body(request: web.Request, max_bytes: int) -> bytes:
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise _too_large(max_bytes) from error
    encoding = request.headers.get("Content-Encoding", "").lower()
    blocks = request.query.get("decompress", "0") != "0"
    if encoding in ("", "identity") and not blocks:
        return raw
    return await asyncio.to_thread(_decompressed, raw, encoding, blocks, max_bytes)


def _decompressed(raw: bytes, encoding: str, blocks: bool, max_bytes: int) -> bytes:
    """Undo the encoding of the body as a whole, and then ClickHouse's own blocks."""
    try:
        if encoding not in ("", "identity"):
            raw = decompress(raw, encoding, max_bytes)
        return decompress_blocks(raw, max_bytes) if blocks else raw
    except LookupError as error:
        raise refusal(
            UNKNOWN_COMPRESSION, f"Content-Encoding {encoding} is not one of {error}"
        ) from error
    except OverflowError as error:
        raise _too_large(max_bytes) from error
    except ValueError as error:
        raise refusal(CANNOT_DECOMPRESS, f"the body: {error}") from error


def _too_large(max_bytes: int) -> EngineError:
    return refusal(
        QUERY_IS_TOO_LARGE,
        f"a request may have {max_bytes} bytes, uncompressed: split the insert",
    )


async def _form(request: web.Request) -> dict[str, str]:
    fields: dict[str, str] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.filename or not part.name:
            raise refusal(NOT_IMPLEMENTED, "external data is not supported")
        fields[part.name] = (await part.read()).decode()
    return fields


def _text(query: str, body: bytes) -> bytes:
    """Join as ClickHouse does: the query of the address first, then the body."""
    head = query.encode(errors="surrogateescape")
    return head + b"\n" + body if head and body else head or body


def _check(statement: Statement) -> None:
    if statement.count == 0:
        raise refusal(SYNTAX_ERROR, "Empty query")
    if statement.count > 1:
        raise refusal(SYNTAX_ERROR, "Multi-statements are not allowed")


def _format(form: Mapping[str, str], headers: Mapping[str, str]) -> str:
    requested = form.get("default_format") or headers.get("X-ClickHouse-Format")
    return requested or "TabSeparated"


def _session(form: Mapping[str, str], user: User) -> SessionRequest | None:
    if not form.get("session_id"):
        return None
    timeout = form.get("session_timeout", _SESSION_TIMEOUT_S)
    if not timeout.isdecimal() or int(timeout) > _LONGEST_SESSION_TIMEOUT_S:
        raise refusal(
            INVALID_SESSION_TIMEOUT,
            f"session_timeout={timeout} is not a number up to "
            f"{_LONGEST_SESSION_TIMEOUT_S}, the seconds without use that end a session",
        )
    return SessionRequest(
        user=user.name,
        id=form["session_id"],
        timeout_s=float(timeout),
        must_exist=form.get("session_check", "0") == "1",
        ends=form.get("close_session", "0") == "1",
    )


def _settings(form: Mapping[str, str], method: str) -> dict[str, str]:
    settings = {
        name: value
        for name, value in form.items()
        if name not in _RESERVED and not name.startswith("param_")
    }
    if method in ("GET", "HEAD"):
        settings["readonly"] = "2"  # as ClickHouse does: GET changes nothing
    for name in settings:
        if not name.isascii():
            raise refusal(BAD_ARGUMENTS, f"'{name}' cannot be a setting")
    return settings
