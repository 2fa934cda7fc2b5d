"""Reads HTTP requests in ClickHouse's protocol into requests to the engine."""

from collections.abc import Mapping

from aiohttp import web

from pilotfish.infra.embedded.clickhouse.access import User
from pilotfish.infra.embedded.clickhouse.engine_error import SYNTAX_ERROR
from pilotfish.infra.embedded.clickhouse.external_tables import ExternalTable
from pilotfish.infra.embedded.clickhouse.http_body import read_body, read_form
from pilotfish.infra.embedded.clickhouse.http_errors import (
    BAD_ARGUMENTS,
    INVALID_SESSION_TIMEOUT,
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
_OF_A_FILE = ("structure", "types", "format")
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
    form, body = dict(request.query), b""
    files: dict[str, bytes] = {}
    if request.content_type == "multipart/form-data":
        fields, files = await read_form(request)
        form |= fields
    else:
        body = await read_body(request, max_bytes)
    statement = parse(_text(form.get("query", ""), body))
    _check(statement)
    user.check(statement)
    return Request(
        statement=with_client_ids(statement),
        database=form.get("database", request.headers.get("X-ClickHouse-Database", "")),
        format=_format(form, request.headers),
        settings=_settings(form, request.method, files),
        reads_only=user.reads_only,
        parameters={
            name.removeprefix("param_"): value
            for name, value in form.items()
            if name.startswith("param_")
        },
        query_id=query_id,
        session=_session(form, user),
        external=[_external(name, data, form) for name, data in files.items()],
    )


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


def _external(name: str, data: bytes, form: Mapping[str, str]) -> ExternalTable:
    """Return a table that came as a file, described by fields with its name."""
    columns = form.get(f"{name}_structure", "")
    if types := form.get(f"{name}_types"):
        columns = ", ".join(
            f"_{n} {kind}" for n, kind in enumerate(types.split(","), 1)
        )
    table = ExternalTable(
        name, columns, form.get(f"{name}_format", "TabSeparated"), data
    )
    if not columns or table.suspicious:
        raise refusal(
            BAD_ARGUMENTS,
            f"the external table {name} needs {name}_structure with names and types only, "
            f"or {name}_types, and a {name}_format other than Values",
        )
    return table


def _settings(
    form: Mapping[str, str], method: str, files: Mapping[str, bytes]
) -> dict[str, str]:
    described = {f"{name}_{x}" for name in files for x in _OF_A_FILE}
    settings = {
        name: value
        for name, value in form.items()
        if name not in _RESERVED | described and not name.startswith("param_")
    }
    if method in ("GET", "HEAD"):
        settings["readonly"] = "2"  # as ClickHouse does: GET changes nothing
    for name in settings:
        if not name.isascii():
            raise refusal(BAD_ARGUMENTS, f"'{name}' cannot be a setting")
    return settings
