"""Requests that are nearly right: the gateway refuses them, and goes on."""

import gzip
import socket
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from fuzz.mutations import mutated

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

ROWS = b"1\ta\n2\tb\n"
MOST_BYTES = 500_000_000


def request(line: bytes, body: bytes, *headers: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    close = b"Connection: close"
    head = (line + b" HTTP/1.1", b"Host: 127.0.0.1", length, close, *headers)
    return b"\r\n".join((*head, b"", body))


ORIGINALS = [
    request(b"GET /?query=SELECT%201", b""),
    request(b"GET /ping", b""),
    request(b"POST /?database=default", b"SELECT {x:UInt8} FORMAT JSON"),
    request(b"POST /?param_x=1", b"SELECT {x:UInt8} + number FROM numbers(3)"),
    request(b"POST /?query=INSERT%20INTO%20t%20FORMAT%20TabSeparated", ROWS),
    request(b"POST /", b"INSERT INTO t VALUES (3, 'c')"),
    request(
        b"POST /?query=INSERT%20INTO%20t%20FORMAT%20TabSeparated",
        gzip.compress(ROWS),
        b"Content-Encoding: gzip",
    ),
]


def answer(port: int, sent: bytes, within_s: float) -> bytes:
    """Return what comes until the gateway hangs up, or waits for more of the request."""
    with socket.create_connection(("127.0.0.1", port), within_s) as line:
        got = b""
        with suppress(ConnectionError, TimeoutError):
            line.sendall(sent)
            while part := line.recv(65536):
                got += part
        return got


@pytest.mark.slow
def test_no_request_stops_the_gateway(tmp_path: Path) -> None:
    [port] = free_ports(1)
    with EmbeddedClickHouse(tmp_path / "clickhouse", port) as gateway:
        clickhouse = ClickHouse(Settings(clickhouse=gateway.url))
        clickhouse.command(
            "CREATE TABLE t (a UInt8, b String) ENGINE = MergeTree ORDER BY a"
        )
        assert answer(port, ORIGINALS[0], 20).endswith(b"\r\n\r\n1\n")
        process = psutil.Process(gateway.pid)
        before, refused = process.memory_info().rss, 0
        for sent in mutated(6, ORIGINALS, 1500):
            got = answer(port, sent, 0.2)
            assert got == b"" or got.startswith(b"HTTP/")
            refused += not got.startswith(b"HTTP/1.1 200")
        assert 300 < refused < 1500
        assert process.memory_info().rss - before < MOST_BYTES
        assert clickhouse.query("SELECT 1") == [(1,)]
