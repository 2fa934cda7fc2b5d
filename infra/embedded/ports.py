"""A check that a port of this machine is free."""

import socket

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
            f"port {port} for {server} is in use: stop the process that listens there, "
            "perhaps another `pilotfish up`"
        ) from error
