"""Who may enter: whoever has a token, or a program of this machine where none is asked for."""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pilotfish.web.refusals import refused
from pilotfish.web.tenants import Tenants, is_loopback

PROBES: Final = ("/healthz", "/readyz")


class Entry:
    """ASGI middleware that sets `request.state.tenant`, or refuses the request.

    Args:
        app: what requests enter.
        tenants: the tenants and their tokens.
    """

    def __init__(self, app: ASGIApp, tenants: Tenants) -> None:
        self._app = app
        self._tenants = tenants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if not self._tenants.ask_for_tokens:
            await self._without_token(request, send)
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        tenant = self._tenants.of_token(token.strip())
        if scheme.lower() != "bearer" or tenant is None:
            why = "send the header `Authorization: Bearer TOKEN` with a known token"
            answer = refused(request, 401, why, {"WWW-Authenticate": "Bearer"})
            await answer(scope, receive, send)
            return
        await self._enter(request, tenant, send)

    async def _without_token(self, request: Request, send: Send) -> None:
        """Let programs in, and no web page.

        A page that was loaded from elsewhere says so in Origin; one whose name was
        rebound to this machine's address has that name in Host.
        """
        if "origin" in request.headers or not _names_this_machine(request):
            why = "no web page may ask without a token: set PILOTFISH_HTTP_TOKEN"
            await refused(request, 403, why)(request.scope, request.receive, send)
            return
        await self._enter(request, self._tenants.default, send)

    async def _enter(self, request: Request, tenant: str, send: Send) -> None:
        request.state.tenant = tenant
        await self._app(request.scope, request.receive, send)


def _names_this_machine(request: Request) -> bool:
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host
    return is_loopback(name.strip("[]"))
