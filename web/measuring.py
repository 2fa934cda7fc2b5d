"""Counts requests and their times, by the path and the status of each."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilotfish.runtime.service.metrics import REQUEST_SECONDS, REQUESTS
from pilotfish.web.entry import PROBES

_NO_PATH = "none"
"""What a request got that no path took: it was refused before, or there is none."""


class Measuring:
    """ASGI middleware; the path is that of the route, so that there are few."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        status = 500

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting_status)
        finally:
            path = getattr(scope.get("route"), "path", _NO_PATH)
            path = path.replace(":path", "")
            REQUESTS.labels(path, str(status)).inc()
            REQUEST_SECONDS.labels(path).observe(time.monotonic() - begun)
