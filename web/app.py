"""The door's ASGI application: its routes, and what is in front of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.web import logs, traces
from pilotfish.web.advice import Advice
from pilotfish.web.attempts import VERBS, Attempts
from pilotfish.web.behind import Behind
from pilotfish.web.bodies import Bodies
from pilotfish.web.console import routes as console
from pilotfish.web.entry import Entry
from pilotfish.web.mcp_server import mcp_server
from pilotfish.web.measuring import Measuring
from pilotfish.web.messages import FieldError, on_field_error
from pilotfish.web.openapi import document
from pilotfish.web.otlp import Exports
from pilotfish.web.refusals import HANDLERS, LOGS_PATH, TRACES_PATH
from pilotfish.web.tenants import Tenants
from pilotfish.web.tools import Tools


def application(behind: Behind, tenants: Tenants, status: ServiceStatus) -> Starlette:
    """Return the application, for one run of its lifespan.

    Args:
        behind: what the endpoints use.
        tenants: whom it lets in.
        status: what `/readyz` tells.
    """
    bodies = Bodies()
    spans = Exports(traces.KIND, behind.publisher, bodies)
    log_records = Exports(logs.KIND, behind.publisher, bodies)
    attempts = Attempts(behind.publisher, bodies)
    advice = Advice(behind.channel, behind.client_id, bodies)
    server = mcp_server(Tools(advice, attempts, behind.knowledge), tenants.default)
    routes = [
        Route(TRACES_PATH, spans.export, methods=["POST"]),
        Route(LOGS_PATH, log_records.export, methods=["POST"]),
        Route("/v1/advice", advice.post, methods=["POST"]),
        *(Route(v.path, attempts.endpoint(v), methods=["POST"]) for v in VERBS),
        *_mcp_routes(server),
        *_described(status),
        *console.routes(behind.reading),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Measuring), Middleware(Entry, tenants=tenants)],
        exception_handlers={**HANDLERS, FieldError: on_field_error},
    )


def _mcp_routes(server: MCPServer) -> list[BaseRoute]:
    """Return `/mcp`; `Entry` has checked hosts and origins already."""
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = server.streamable_http_app(
        stateless_http=True, json_response=True, transport_security=unchecked
    )
    return list(app.routes)


def _described(status: ServiceStatus) -> list[BaseRoute]:
    """Return what the door says of itself."""
    described = JSONResponse(document())

    async def openapi(_request: Request) -> Response:
        return described

    async def healthy(_request: Request) -> Response:
        return _probe([])

    async def ready(_request: Request) -> Response:
        return _probe([status.missing] if status.missing else [])

    return [
        Route("/openapi.json", openapi),
        Route("/healthz", healthy),
        Route("/readyz", ready),
    ]


def _probe(why: list[str]) -> Response:
    return JSONResponse({"ok": not why, "why": why}, 503 if why else 200)
