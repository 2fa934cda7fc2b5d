"""The door's ASGI application: its routes, and what is in front of them."""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.web.advice import Advice, Channel
from pilotfish.web.attempts import VERBS, Attempts
from pilotfish.web.bodies import Bodies
from pilotfish.web.entry import Entry
from pilotfish.web.messages import FieldError, on_field_error
from pilotfish.web.openapi import document
from pilotfish.web.publisher import Publisher
from pilotfish.web.refusals import HANDLERS, TRACES_PATH
from pilotfish.web.tenants import Tenants
from pilotfish.web.traces import Traces


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind the door."""

    tenants: Tenants
    publisher: Publisher
    channel: Channel
    client_id: str
    status: ServiceStatus


def application(behind: Behind) -> Starlette:
    """Return the application; it starts nothing and connects to nothing."""
    bodies = Bodies()
    traces = Traces(behind.publisher, bodies)
    attempts = Attempts(behind.publisher, bodies)
    advice = Advice(behind.channel, behind.client_id, bodies)

    async def healthy(_request: Request) -> Response:
        return _probe([])

    async def ready(_request: Request) -> Response:
        return _probe([behind.status.missing] if behind.status.missing else [])

    described = JSONResponse(document())

    async def openapi(_request: Request) -> Response:
        return described

    routes = [
        Route(TRACES_PATH, traces.export, methods=["POST"]),
        Route("/v1/advice", advice.post, methods=["POST"]),
        *(Route(v.path, attempts.endpoint(v), methods=["POST"]) for v in VERBS),
        Route("/openapi.json", openapi),
        Route("/healthz", healthy),
        Route("/readyz", ready),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Entry, tenants=behind.tenants)],
        exception_handlers={**HANDLERS, FieldError: on_field_error},
    )


def _probe(why: list[str]) -> Response:
    return JSONResponse({"ok": not why, "why": why}, 503 if why else 200)
