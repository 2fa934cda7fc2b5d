"""The gateway's HTTP server: ClickHouse's protocol on 127.0.0.1, answered by chDB."""

import asyncio
import uuid
from urllib.parse import urlsplit

from aiohttp import web

from pilotfish.infra.embedded.clickhouse.access import Login
from pilotfish.infra.embedded.clickhouse.chdb_engine import Engine
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.http_answer import failed, whole
from pilotfish.infra.embedded.clickhouse.http_errors import ACCESS_DENIED, refusal
from pilotfish.infra.embedded.clickhouse.http_request import read
from pilotfish.infra.embedded.clickhouse.http_stream import stream
from pilotfish.infra.embedded.clickhouse.statements import Statements
from pilotfish.infra.embedded.clickhouse.suspicion import refuse_host_access
from pilotfish.runtime.settings import CLICKHOUSE_CLIENT

MAX_BODY_BYTES = 256 * 1024 * 1024
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_QUERY_ID = "X-ClickHouse-Query-Id"


def application(engine: Engine, login: Login) -> web.Application:
    """Return the HTTP application; its statements run in threads (`statements`)."""
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
        self._statements = Statements(engine)

    async def answer(self, http: web.Request) -> web.StreamResponse:
        if http.method in ("GET", "HEAD") and not http.query_string:
            return await _ok(http)
        http[_QUERY_ID] = http.query.get("query_id") or str(uuid.uuid4())
        try:
            return await self._run(http, http[_QUERY_ID])
        except EngineError as error:
            return failed(error, http)

    async def _run(self, http: web.Request, query_id: str) -> web.StreamResponse:
        _refuse_other_hosts(http)
        user = self._login.user(http)
        request = await read(http, user, MAX_BODY_BYTES, query_id)
        if request.statement.forbidden:
            await asyncio.to_thread(refuse_host_access, self._engine, request.statement)
        agent = http.headers.get("User-Agent", "")
        of_service = agent.startswith(f"{CLICKHOUSE_CLIENT} ")
        if request.statement.streams:
            return await stream(http, request, self._statements, of_service)
        answer = await self._statements.run(request, of_service)
        return whole(http, request, answer)

    async def add_headers(
        self, http: web.Request, response: web.StreamResponse
    ) -> None:
        response.headers["X-ClickHouse-Server-Display-Name"] = "pilotfish"
        response.headers["X-ClickHouse-Timezone"] = self._engine.timezone
        if _QUERY_ID in http:
            response.headers[_QUERY_ID] = http[_QUERY_ID]

    async def cancel(self, _: web.Application) -> None:
        await asyncio.to_thread(self._engine.cancel_queries)


def _refuse_other_hosts(http: web.Request) -> None:
    """Refuse requests of web pages, which a browser on this machine would send for them."""
    for name in ("Host", "Origin"):
        value = http.headers.get(name, "")
        host = urlsplit(value if "//" in value else f"//{value}").hostname
        if value and host not in _LOOPBACK:
            raise refusal(ACCESS_DENIED, f"{name} {value} is not this machine")
