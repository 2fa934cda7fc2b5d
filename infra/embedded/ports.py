"""Ports of this machine that are free."""

import socket
from contextlib import suppress

import psutil

from pilotfish.schemas.errors import ConfigurationError, RequirementError


def require_free(port: int, server: str) -> None:
    """Check that nothing listens on a port of 127.0.0.1.

    Raises:
        RequirementError: a process listens there.
        ConfigurationError: there is no such port.
    """
    if not 0 < port < 2**16:
        raise ConfigurationError(
            f"{server} would need port {port}, and 65535 is the last one: set lower ports"
        )
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise RequirementError(
            f"port {port} for {server} is in use by {_listener(port)}: stop it, or set "
            "another port"
        ) from error


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _listener(port: int) -> str:
    """Name the process that listens on a port, if this user may know it."""
    with suppress(psutil.Error):
        for at in psutil.net_connections("tcp"):
            listens = at.status == psutil.CONN_LISTEN and at.laddr
            if listens and listens.port == port and at.pid:
                return f"process {at.pid} ({psutil.Process(at.pid).name()})"
    return "a process, perhaps another `pilotfish up`"
