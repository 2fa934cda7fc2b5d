"""The gateway's process: take the port, open the folder, serve, stop."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import structlog
from aiohttp import web

from pilotfish.infra.embedded.clickhouse.access import Login
from pilotfish.infra.embedded.clickhouse.chdb_engine import Engine
from pilotfish.infra.embedded.clickhouse.disk_watch import DiskWatch
from pilotfish.infra.embedded.clickhouse.gateway import command
from pilotfish.infra.embedded.clickhouse.http import MAX_BODY_BYTES, application
from pilotfish.infra.embedded.ports import require_free
from pilotfish.schemas.errors import RequirementError

_LOG = structlog.get_logger(service="clickhouse")

# ClickHouse's own bound on an address; parameters travel there.
_MAX_ADDRESS_BYTES = 1024 * 1024
# aiohttp waits this long twice: for requests to end, and again after cancelling them.
_GRACE_S = 0.8


def serve(data: Path, port: int, login: Login) -> None:
    """Serve a folder until SIGTERM or SIGINT, then exit within three seconds.

    Raises:
        RequirementError: the port or the folder is in use, or the folder is of no use.
    """
    require_free(port, "ClickHouse")
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    data.mkdir(parents=True, exist_ok=True)
    os.chdir(data)  # relative paths in statements end up here
    engine = _opened(data)
    broken = asyncio.run(_serve(engine, DiskWatch(data, engine), login, listener))
    if broken:
        with suppress(OSError):  # the log may be on the full disk
            _LOG.warning("restarts", broken_by_a_full_disk=broken)
        os.execv(sys.executable, command(data, port))  # noqa: S606 - this program
    # Closing chDB waits for statements that ignore cancellation. Acknowledged inserts
    # are on disk: this exit is no worse than the kill that the data must survive.
    os._exit(0)


def _opened(data: Path) -> Engine:
    try:
        return Engine(data)
    except OSError as error:
        raise RequirementError(f"ClickHouse cannot use {data}: {error}") from error


async def _serve(
    engine: Engine, watch: DiskWatch, login: Login, listener: socket.socket
) -> str:
    """Return the path of a part that a full disk broke; empty after a stop signal."""
    runner = web.AppRunner(
        application(engine, login),
        access_log=None,
        auto_decompress=False,
        max_line_size=_MAX_ADDRESS_BYTES,
        max_field_size=_MAX_ADDRESS_BYTES,
        read_bufsize=MAX_BODY_BYTES // 256,
        shutdown_timeout=_GRACE_S,
        handler_cancellation=True,  # a client that leaves ends its statement
    )
    await runner.setup()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await web.SockSite(runner, listener).start()
    broken = asyncio.create_task(watch.broken_part())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({broken, stopped}, return_when=asyncio.FIRST_COMPLETED)
    broken_part = broken.result() if broken.done() else ""
    broken.cancel()
    await runner.cleanup()
    return broken_part
