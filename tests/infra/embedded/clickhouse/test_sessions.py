"""Temporary tables, SET and USE live in a session, and end with it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from support.gateway_http import Answer, ask, begin
from support.guarded import OWNER, READER, guarded_gateway
from support.guarded import ask as ask_as
from support.polling import eventually

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse


@pytest.fixture
def client(gateway: EmbeddedClickHouse) -> Iterator[Client]:
    with clickhouse_connect.get_client(dsn=gateway.url) as it:
        yield it


def within(gateway: EmbeddedClickHouse, session: str, sql: str, **named: str) -> Answer:
    return ask(
        gateway, "/?" + urlencode({"session_id": session, **named}), sql.encode()
    )


def test_temporary_tables_live_in_their_session(gateway: EmbeddedClickHouse) -> None:
    for session in ("one", "two"):
        made = within(gateway, session, "CREATE TEMPORARY TABLE t (a String)")
        assert made.status == 200
        within(gateway, session, f"INSERT INTO t VALUES ('{session}')")
    assert within(gateway, "one", "SELECT a FROM t").text == "one\n"
    query = {"session_id": "two", "query": "SELECT a FROM t"}
    assert ask(gateway, "/?" + urlencode(query)).text == "two\n"
    assert "Code: 60." in ask(gateway, body=b"SELECT a FROM t").text


def test_set_and_use_last_and_what_a_request_sets_does_not(
    gateway: EmbeddedClickHouse,
) -> None:
    query = "SELECT getSetting('max_block_size'), getSetting('max_threads')"
    query += ", currentDatabase()"
    within(gateway, "s", "SET max_block_size = 77, max_threads = 1")
    within(gateway, "s", "USE system")
    other = {"max_block_size": "99", "max_insert_threads": "3", "database": "default"}
    assert within(gateway, "s", query, **other).text == "99\t1\tdefault\n"
    assert within(gateway, "s", query).text == "77\t1\tsystem\n"
    insert_threads = "SELECT changed FROM system.settings WHERE name = "
    insert_threads += "'max_insert_threads'"
    assert within(gateway, "s", insert_threads).text == "0\n"


def test_a_failed_statement_leaves_its_session_as_it_was(
    gateway: EmbeddedClickHouse,
) -> None:
    within(gateway, "f", "SET max_block_size = 77")
    assert within(gateway, "f", "SELECT nonsense", max_block_size="5").status != 200
    query = "SELECT getSetting('max_block_size')"
    assert within(gateway, "f", query).text == "77\n"


def test_a_get_in_a_session_only_reads(gateway: EmbeddedClickHouse) -> None:
    for sql in (
        "CREATE TABLE g (a UInt8) ENGINE = Memory",
        "WITH 1 AS x INSERT INTO system.one SELECT x",
        "DROP TABLE system.one",
    ):
        path = "/?" + urlencode({"session_id": "g", "query": sql})
        assert "Code: 164." in ask(gateway, path).text
    assert within(gateway, "g", "CREATE TEMPORARY TABLE g (a UInt8)").status == 200


def test_a_second_client_is_refused_while_a_statement_runs(
    gateway: EmbeddedClickHouse,
) -> None:
    sql = "SELECT count() FROM numbers(1e15)"
    with begin(gateway, sql, session_id="busy"):
        eventually(lambda: "Code: 373." in within(gateway, "busy", "SELECT 1").text)
    eventually(lambda: within(gateway, "busy", "SELECT 1").text, "1\n", within_s=20)


def test_a_session_ends_when_it_is_told_or_unused(gateway: EmbeddedClickHouse) -> None:
    create = "CREATE TEMPORARY TABLE t (a UInt8)"
    for ending in ({"close_session": "1"}, {"session_timeout": "0"}):
        within(gateway, "e", create)
        assert within(gateway, "e", "SELECT 1", **ending).text == "1\n"
        eventually(
            lambda: (
                "Code: 372." in within(gateway, "e", "SELECT 1", session_check="1").text
            ),
            within_s=20,
        )
    assert "Code: 60." in within(gateway, "e", "SELECT a FROM t").text


def test_sessions_of_two_users_are_two(tmp_path: Path) -> None:
    with guarded_gateway(tmp_path / "data") as gateway:
        sql = "CREATE TEMPORARY TABLE mine AS SELECT 1 AS a"
        assert ask_as(gateway, sql, OWNER, session_id="s") == (200, "")
        owners = ask_as(gateway, "SELECT a FROM mine", OWNER, session_id="s")
        assert owners == (200, "1\n")
        for sql in (
            "SELECT a FROM mine",
            "INSERT INTO t VALUES (2)",
            "SET readonly = 0",
        ):
            assert ask_as(gateway, sql, READER, session_id="s")[0] != 200
        assert ask_as(gateway, "SELECT a FROM t", READER, session_id="s") == (
            200,
            "1\n",
        )


def test_clickhouse_connect_works_with_its_defaults(client: Client) -> None:
    client.command("CREATE TEMPORARY TABLE numbered (n UInt32, s String)")
    client.insert("numbered", [[1, "a"], [2, "b"]], ["n", "s"])
    assert client.query("SELECT * FROM numbered").result_rows == [(1, "a"), (2, "b")]
    client.command("SET max_block_size = 1000")
    assert client.command("SELECT getSetting('max_block_size')") == 1000
    with client.query_row_block_stream("SELECT number FROM numbers(1000000)") as rows:
        assert sum(len(block) for block in rows) == 1_000_000
