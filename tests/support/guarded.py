"""A gateway with passwords, and its two users."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports

OWNER = {"X-ClickHouse-User": "default", "X-ClickHouse-Key": "öpen sesame"}
READER = {"X-ClickHouse-User": "readonly", "X-ClickHouse-Key": "a look"}


@contextmanager
def guarded_gateway(data: Path) -> Iterator[EmbeddedClickHouse]:
    """Run one in which the table `t` has one row."""
    gateway = EmbeddedClickHouse(data, free_ports(1)[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", OWNER["X-ClickHouse-Key"])
        patch.setenv("PILOTFISH_CLICKHOUSE_READONLY_PASSWORD", "a look")
        gateway.start()
    try:
        ask(gateway, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", OWNER)
        ask(gateway, "INSERT INTO t VALUES (1)", OWNER)
        yield gateway
    finally:
        gateway.stop()


def ask(
    gateway: EmbeddedClickHouse, sql: str, headers: Mapping[str, str], **named: str
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"))
    coded = {name: value.encode() for name, value in headers.items()}
    connection.request("POST", f"/?{urlencode(named)}", sql.encode(), coded)
    try:
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()
