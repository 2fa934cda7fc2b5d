"""Ports that tests ask about."""

import socket


def is_free(port: int) -> bool:
    """Return whether nobody listens on a port now."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
