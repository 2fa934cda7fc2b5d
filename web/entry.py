"""Who may enter: whoever has a token, or a program of this machine where none is asked for."""

import base64
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pilotfish.web.refusals import refused
from pilotfish.web.tenants import Tenants, is_loopback

PROBES: Final = ("/healthz", "/readyz")
PAGES: Final = "/console"
"""Where the pages are that people open in a browser."""


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
        token = _token(request.headers.get("authorization", ""))
        tenant = self._tenants.of_token(token) if token else None
        if tenant is None:
            await _challenge(request)(scope, receive, send)
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


def _token(authorization: str) -> str:
    """Return the token of a program, or of a browser, which sends it as a password."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(given.strip(), validate=True).decode()
    except ValueError:
        return ""
    return pair.partition(":")[2]


def _challenge(request: Request) -> Response:
    """Ask for a token: browsers ask their user, with any name and it as the password."""
    path = request.url.path
    if path == "/" or path.startswith(PAGES):
        why = "the password is a token of PILOTFISH_HTTP_TOKEN; any name will do"
        asked = 'Basic realm="pilotfish", charset="UTF-8"'
    else:
        why = "send the header `Authorization: Bearer TOKEN` with a known token"
        asked = "Bearer"
    return refused(request, 401, why, {"WWW-Authenticate": asked})


def _names_this_machine(request: Request) -> bool:
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host
    return is_loopback(name.strip("[]"))
