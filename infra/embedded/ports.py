"""Whether a port of this machine is free."""

import socket

from pilotfish.schemas.errors import RequirementError


def require_free(port: int, whose: str) -> None:
    """Raise RequirementError when something listens on a port of 127.0.0.1."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise RequirementError(
            f"port {port} for {whose} is in use: stop what listens there, "
            "perhaps another `pilotfish up`"
        ) from error
