"""A check that a port of this machine is free."""

import socket

from pilotfish.schemas.errors import RequirementError


def require_free(port: int, server: str) -> None:
    """Raise RequirementError when a process listens on a port of 127.0.0.1."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise RequirementError(
            f"port {port} for {server} is in use: stop the process that listens there, "
            "perhaps another `pilotfish up`"
        ) from error
