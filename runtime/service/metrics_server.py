"""`/metrics`, `/healthz` and `/readyz` of one service, on a port of its own.

A probe's answer is 200 or 503, with the reasons as JSON: `{"ok": false, "why": [...]}`.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from pilotfish.runtime.service.health import Health
from pilotfish.runtime.service.metrics import registry
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""


class _Silent(WSGIRequestHandler):
    """Does not log requests."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        pass


@contextmanager
def listening(service: str, settings: Settings, health: Health) -> Iterator[None]:
    """Answer until the block is left; does nothing where no port is set.

    Raises:
        RequirementError: the port is in use.
    """
    if settings.metrics_port is None:
        yield
        return
    address = settings.metrics_host, settings.metrics_port
    application = _application(service, health)
    try:
        server = make_server(*address, application, ThreadingWSGIServer, _Silent)
    except OSError as error:
        raise RequirementError(
            f"cannot listen on {address[0]}:{address[1]} for metrics: {error}; "
            "set PILOTFISH_METRICS_PORT to a free port"
        ) from error
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def _application(service: str, health: Health) -> Application:
    exposed = make_wsgi_app(registry(service))

    def metrics(
        environ: dict[str, Any], respond: Callable[..., Any]
    ) -> Iterable[bytes]:
        health.measure()
        answer: Iterable[bytes] = exposed(environ, respond)
        return answer

    paths: dict[str, Application] = {
        "/metrics": metrics,
        "/healthz": _probe(health.stuck),
        "/readyz": _probe(health.not_ready),
    }

    def answer(environ: dict[str, Any], respond: Callable[..., Any]) -> Iterable[bytes]:
        return paths.get(environ["PATH_INFO"], _nothing)(environ, respond)

    return answer


def _probe(reasons: Callable[[], list[str]]) -> Application:
    def answer(_: dict[str, Any], respond: Callable[..., Any]) -> Iterable[bytes]:
        why = reasons()
        status = "503 Service Unavailable" if why else "200 OK"
        respond(status, [("Content-Type", "application/json")])
        return [json.dumps({"ok": not why, "why": why}).encode() + b"\n"]

    return answer


def _nothing(_: dict[str, Any], respond: Callable[..., Any]) -> Iterable[bytes]:
    respond("404 Not Found", [("Content-Type", "text/plain")])
    return [b"there are /metrics, /healthz and /readyz\n"]
