"""`default` keeps its tables and gives no access to files of the machine."""

import subprocess
import sys
from pathlib import Path

import clickhouse_connect
import pytest

from pilotfish.infra.embedded.clickhouse.default_database import (
    make_default_ordinary,
)
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports

MADE_BY_CHDB = """
import sys, chdb
with chdb.connect(sys.argv[1]) as connection:
    connection.query("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
    connection.query("CREATE VIEW v AS SELECT a + 1 AS b FROM t")
    connection.query("INSERT INTO t VALUES (1)")
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder as chDB creates it, with its overlay over the file system."""
    (tmp_path / "engine").mkdir()
    command = [sys.executable, "-c", MADE_BY_CHDB, tmp_path / "engine"]
    subprocess.run(command, check=True)
    return tmp_path


def rows(data: Path, sql: str) -> list[tuple[int, ...]]:
    with (
        EmbeddedClickHouse(data, free_ports(1)[0]) as gateway,
        clickhouse_connect.get_client(
            dsn=gateway.url, autogenerate_session_id=False
        ) as client,
    ):
        client.command("INSERT INTO t VALUES (1)")
        return [tuple(row) for row in client.query(sql).result_rows]


def test_tables_of_an_overlay_are_kept(data: Path) -> None:
    for count in (2, 3):
        sql = "SELECT (SELECT count() FROM default.t), count(), any(b) FROM v"
        assert rows(data, sql) == [(count, count, 2)]


def test_a_crash_between_the_steps_loses_nothing(data: Path) -> None:
    metadata = data / "engine/metadata"
    target = (metadata / "default").readlink()
    make_default_ordinary(data / "engine")
    (metadata / "default").symlink_to(target)
    assert rows(data, "SELECT count() FROM t") == [(2,)]


def test_a_new_folder_gets_an_ordinary_database(tmp_path: Path) -> None:
    make_default_ordinary(tmp_path)
    before = (tmp_path / "metadata/default.sql").read_text()
    make_default_ordinary(tmp_path)
    assert (tmp_path / "metadata/default.sql").read_text() == before
    assert "ENGINE = Atomic" in before
