"""Requests to the gateway as they go over the wire."""

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse


class Answer:
    """The status, the headers and the body of a response."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()
        self.text = self.raw.decode(errors="replace")


def ask(
    gateway: EmbeddedClickHouse,
    path: str = "/",
    body: bytes | Iterator[bytes] | None = None,
    timeout_s: float | None = None,
    **headers: str,
) -> Answer:
    """Send a GET, or with a body a POST."""
    connection = http.client.HTTPConnection(
        gateway.url.removeprefix("http://"), timeout=timeout_s
    )
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET" if body is None else "POST", path, body, names)
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


def begin(
    gateway: EmbeddedClickHouse, sql: str, encoding: str = "", **named: str
) -> socket.socket:
    """Send a statement and leave its answer in the socket."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)))
    body = sql.encode()
    head = f"POST /?{urlencode(named)} HTTP/1.1\r\nHost: {host}\r\n"
    head += f"Accept-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def until_closed(connection: socket.socket) -> bytes:
    """Return all that comes before the other side closes."""
    pieces: list[bytes] = []
    while piece := connection.recv(2**20):
        pieces.append(piece)
    return b"".join(pieces)


def unchunked(body: bytes) -> bytes:
    """Return the contents of the chunks; the last one may be missing."""
    pieces: list[bytes] = []
    while body:
        size, _, body = body.partition(b"\r\n")
        pieces.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return b"".join(pieces)
