"""The door's ASGI application: its routes, and what is in front of them."""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.web.bodies import Bodies
from pilotfish.web.entry import Entry
from pilotfish.web.publisher import Publisher
from pilotfish.web.refusals import HANDLERS, TRACES_PATH
from pilotfish.web.tenants import Tenants
from pilotfish.web.traces import Traces


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind the door."""

    tenants: Tenants
    publisher: Publisher
    status: ServiceStatus


def application(behind: Behind) -> Starlette:
    """Return the application; it starts nothing and connects to nothing."""
    bodies = Bodies()
    traces = Traces(behind.publisher, bodies)

    async def healthy(_request: Request) -> Response:
        return _probe([])

    async def ready(_request: Request) -> Response:
        return _probe([behind.status.missing] if behind.status.missing else [])

    routes = [
        Route(TRACES_PATH, traces.export, methods=["POST"]),
        Route("/healthz", healthy),
        Route("/readyz", ready),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Entry, tenants=behind.tenants)],
        exception_handlers=HANDLERS,
    )


def _probe(why: list[str]) -> Response:
    return JSONResponse({"ok": not why, "why": why}, 503 if why else 200)
