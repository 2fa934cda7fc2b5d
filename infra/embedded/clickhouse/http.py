"""The gateway's HTTP server: ClickHouse's protocol on 127.0.0.1, answered by chDB."""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from aiohttp import web

from pilotfish.infra.embedded.clickhouse.access import Login
from pilotfish.infra.embedded.clickhouse.chdb_engine import (
    Answer,
    Engine,
    EngineError,
    Request,
)
from pilotfish.infra.embedded.clickhouse.compression import compress
from pilotfish.infra.embedded.clickhouse.http_errors import (
    ACCESS_DENIED,
    READONLY,
    refusal,
    status_of,
)
from pilotfish.infra.embedded.clickhouse.http_request import read

MAX_BODY_BYTES = 256 * 1024 * 1024
_THREADS = 8
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_CONTENT_TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "Native": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
}


def application(engine: Engine, login: Login) -> web.Application:
    """Return the HTTP application; it runs up to eight statements at a time."""
    server = _Server(engine, login)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_get("/ping", _ok)
    app.router.add_get("/replicas_status", _ok)
    app.router.add_route("*", "/", server.answer)
    app.router.add_route("*", "/query", server.answer)
    app.on_response_prepare.append(server.add_headers)
    app.on_shutdown.append(server.cancel)
    return app


async def _ok(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")


class _Server:
    def __init__(self, engine: Engine, login: Login) -> None:
        self._engine = engine
        self._login = login
        self._threads = ThreadPoolExecutor(_THREADS, "statement")

    async def answer(self, request: web.Request) -> web.Response:
        query_id = request.query.get("query_id") or str(uuid.uuid4())
        try:
            response = await self._run(request)
        except EngineError as error:
            response = _error_response(error, request.method)
        response.headers["X-ClickHouse-Query-Id"] = query_id
        return response

    async def _run(self, http: web.Request) -> web.Response:
        _refuse_other_hosts(http)
        user = self._login.user(http)
        request = await read(http, user, MAX_BODY_BYTES)
        run = asyncio.get_running_loop().run_in_executor
        answer = await run(self._threads, self._engine.run, request)
        return _response(http, request, answer)

    async def add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers["X-ClickHouse-Server-Display-Name"] = "pilotfish"
        response.headers["X-ClickHouse-Timezone"] = self._engine.timezone

    async def cancel(self, _: web.Application) -> None:
        await asyncio.to_thread(self._engine.cancel_queries)


def _response(http: web.Request, request: Request, answer: Answer) -> web.Response:
    headers = {"X-ClickHouse-Summary": _summary(answer)}
    body = answer.body
    if http.query.get("enable_http_compression", "0") != "0":
        body, encoding = compress(body, http.headers.get("Accept-Encoding", ""))
        if encoding:
            headers["Content-Encoding"] = encoding
    kind = "text/plain; charset=UTF-8"
    if request.statement.returns_rows:
        name = request.statement.format or request.format
        headers["X-ClickHouse-Format"] = name
        kind = _CONTENT_TYPES.get(name, kind)
    headers["Content-Type"] = kind
    return web.Response(body=body, headers=headers)


def _error_response(error: EngineError, method: str) -> web.Response:
    hint = ""
    if error.code == READONLY and method == "GET":
        hint = " GET only reads: use POST for statements that change something."
    return web.Response(
        status=status_of(error.code),
        text=f"{error}{hint}\n",
        headers={"X-ClickHouse-Exception-Code": str(error.code)},
    )


def _summary(answer: Answer) -> str:
    counts = {
        "read_rows": answer.read_rows,
        "read_bytes": answer.read_bytes,
        "written_rows": answer.written_rows,
        "written_bytes": answer.written_bytes,
        "total_rows_to_read": 0,
        "result_rows": answer.result_rows or answer.written_rows,
        "result_bytes": len(answer.body),
        "elapsed_ns": int(answer.elapsed_s * 1e9),
    }
    return json.dumps({name: str(count) for name, count in counts.items()})


def _refuse_other_hosts(http: web.Request) -> None:
    """Refuse requests of web pages, which a browser on this machine would send for them."""
    for name in ("Host", "Origin"):
        value = http.headers.get(name, "")
        host = urlsplit(value if "//" in value else f"//{value}").hostname
        if value and host not in _LOOPBACK:
            raise refusal(ACCESS_DENIED, f"{name} {value} is not this machine")
