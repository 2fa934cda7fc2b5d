"""The service of the HTTP door: listens, and watches whether Kafka answers."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from pilotfish.runtime.kafka import topics
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError, UnavailableError
from pilotfish.web.app import application
from pilotfish.web.behind import opened
from pilotfish.web.publisher import Publisher
from pilotfish.web.tenants import Tenants, address

GROUP: Final = ""
"""It consumes nothing that others could take over."""
ASKS_CLICKHOUSE: Final = False

_TURN_S: Final = 0.2
_ASK_EVERY_S: Final = 5.0
_ASK_S: Final = 2.0
_FINISH_S: Final = 3
"""What open requests get at the end; the process has four seconds."""


class _Server(uvicorn.Server):
    """Leaves signals to the process's life cycle."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Answer requests until `stop` is set.

    Raises:
        ConfigurationError: a setting is wrong, or Kafka refuses this user.
        RequirementError: the port is in use.
        UnavailableError: Kafka's client broke, and has to be made anew.
    """
    tenants = Tenants.of(settings)
    with _listening(settings) as listener, opened(settings) as behind:
        server = _Server(_config(application(behind, tenants, status)))
        structlog.get_logger(service="web").info("listening", at=address(settings))
        watch = _Watch(settings, stop, status, behind.publisher)
        asyncio.run(_serve(server, listener, watch))


async def _serve(
    server: uvicorn.Server, listener: socket.socket, watch: "_Watch"
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await watch.until_stopped(serving)
    finally:
        server.should_exit = True
        await serving


class _Watch:
    """Beats for the event loop, and asks Kafka now and then."""

    def __init__(
        self,
        settings: Settings,
        stop: threading.Event,
        status: ServiceStatus,
        publisher: Publisher,
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._status = status
        self._publisher = publisher

    async def until_stopped(self, serving: "asyncio.Task[None]") -> None:
        asked_at = time.monotonic()
        self._status.missing = ""
        self._status.gained({})
        while not self._stop.is_set():
            self._status.beat()
            if serving.done():
                raise RuntimeError("the server ended by itself: see its log")
            if self._publisher.broken:
                raise UnavailableError(self._publisher.broken)
            if time.monotonic() - asked_at >= _ASK_EVERY_S:
                await self._ask()
                asked_at = time.monotonic()
            await asyncio.sleep(_TURN_S)

    async def _ask(self) -> None:
        try:
            await asyncio.to_thread(topics, self._settings, _ASK_S)
        except UnavailableError as error:
            self._status.missing = str(error)
        else:
            self._status.missing = ""


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_FINISH_S,
    )


def _listening(settings: Settings) -> socket.socket:
    host = settings.http_host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, settings.http_port), family=family)
    except OSError as error:
        raise RequirementError(
            f"cannot listen on {host}:{settings.http_port} for HTTP: {error}; "
            "set PILOTFISH_HTTP_PORT to a free port"
        ) from error
    # Connections inherit it. asyncio sets it only on sockets that were made for TCP by
    # number; without it the second half of each answer waits for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
