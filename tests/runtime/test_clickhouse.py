import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import pilotfish.runtime.clickhouse as module
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError, StorageError, UnavailableError

COLUMNS = ["a", "at", "word", "value", "pairs"]
ROW = (1, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "é", None, {1: 2})


@pytest.fixture
def database(gateway: EmbeddedClickHouse) -> Iterator[ClickHouse]:
    it = ClickHouse(Settings(clickhouse=gateway.url))
    it.command(
        "CREATE OR REPLACE TABLE things (a UInt64, at DateTime64(6, 'UTC'),"
        " word LowCardinality(String), value Nullable(Float64),"
        " pairs Map(UInt32, UInt64)) ENGINE = MergeTree ORDER BY a"
        " SETTINGS non_replicated_deduplication_window = 10"
    )
    yield it
    it.close()


def test_rows_come_back_as_they_went(database: ClickHouse) -> None:
    database.insert("things", COLUMNS, [ROW])
    assert database.query("SELECT * FROM things") == [ROW]


def test_a_process_that_spares_pandas_inserts_without_it() -> None:
    code = (
        "import sys; from pilotfish.runtime.clickhouse import ClickHouse, spare_pandas;"
        "spare_pandas(); ClickHouse.load(); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_table_has_names(database: ClickHouse) -> None:
    assert database.table("SELECT 1 AS x, 'a' AS y") == (["x", "y"], [(1, "a")])
    assert database.query("SELECT 1 WHERE 0") == []


def test_parameters_are_values_not_sql(database: ClickHouse) -> None:
    hostile = "'; DROP TABLE things; --\\"
    found = database.query("SELECT {v:String}", {"v": hostile})
    assert found == [(hostile,)]


def test_half_a_character_is_a_question_mark(database: ClickHouse) -> None:
    half, rows = "cut \ud83d", [("cut ?",)]
    assert database.query(f"SELECT '{half}'") == rows
    assert database.query("SELECT {text:String}", {"text": half}) == rows
    assert database.query("SELECT %(text)s", {"text": half}) == rows
    found = database.query("SELECT 'cut ?' IN %(texts)s", {"texts": (half, "x")})
    assert found == [(1,)]
    database.command("SELECT {text:String}", {"text": half})


def test_a_token_makes_a_repeated_insert_one(database: ClickHouse) -> None:
    for token in ("first", "first", "second"):
        database.insert_block(database.block("things", COLUMNS, [ROW], token))
    assert database.query("SELECT count() FROM things") == [(2,)]


def test_an_empty_insert_asks_nobody() -> None:
    ClickHouse(Settings(clickhouse="http://127.0.0.1:1")).insert("things", ["a"], [])


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM nowhere", "UNKNOWN_TABLE"),
        ("SELECT throwIf(1, 'my words')", "my words"),
        ("SELECT {v:UInt8}", "UNKNOWN_QUERY_PARAMETER"),
    ],
)
def test_a_refused_statement_says_why(
    database: ClickHouse, sql: str, words: str
) -> None:
    for ask in (database.query, database.command):
        with pytest.raises(StorageError, match=words):
            ask(sql)
    assert database.query("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *((0, -1), (0, 2**70), (0, "one"), (0, None)),
        *((1, "today"), (1, None), (2, 5), (2, None), (2, "\ud800")),
        *((3, "much"), (4, 5), (4, {"a": 1}), (4, {1: -1})),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_stored(
    database: ClickHouse, place: int, value: Any
) -> None:
    bad = [*ROW[:place], value, *ROW[place + 1 :]]
    with pytest.raises(StorageError, match=r"\w"):
        database.insert("things", COLUMNS, [ROW, bad])
    assert database.query("SELECT count() FROM things") == [(0,)]


def test_rows_and_columns_that_do_not_fit_are_refused(database: ClickHouse) -> None:
    for table, columns, row in (
        ("nowhere", COLUMNS, ROW),
        ("things", [*COLUMNS, "no_such"], [*ROW, 1]),
        ("things", COLUMNS, ROW[:2]),
    ):
        with pytest.raises(StorageError):
            database.insert(table, columns, [row])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM numbers(1e12) SETTINGS max_execution_time = 1",
        "SELECT groupArray(number) FROM numbers(1e6) SETTINGS max_memory_usage = 1000",
    ],
)
def test_what_may_pass_later_is_unavailable(database: ClickHouse, sql: str) -> None:
    with pytest.raises(UnavailableError, match="cannot now"):
        database.query(sql)


def test_nobody_there() -> None:
    settings = Settings(
        clickhouse="http://127.0.0.1:1", clickhouse_password=SecretStr("open sesame")
    )
    database = ClickHouse(settings)
    calls: list[Callable[[], object]] = [
        lambda: database.query("SELECT 1"),
        lambda: database.command("SELECT 1"),
        lambda: database.insert("things", COLUMNS, [ROW]),
    ]
    for call in calls:
        with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1 ") as raised:
            call()
        assert "sesame" not in str(raised.value)
    assert "sesame" not in repr(database)


def test_a_wrong_password_is_no_outage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", "right")
    with EmbeddedClickHouse(tmp_path, free_ports(1)[0]) as gateway:
        good = ClickHouse(Settings(clickhouse=gateway.url))
        assert good.query("SELECT 1") == [(1,)]
        bad = Settings(
            clickhouse=gateway.url, clickhouse_password=SecretStr("not this one")
        )
        with pytest.raises(StorageError, match="AUTHENTICATION_FAILED") as raised:
            ClickHouse(bad).query("SELECT 1")
        assert "not this one" not in str(raised.value)
        good.close()


def test_killed_in_the_middle_and_back_again(tmp_path: Path) -> None:
    gateway = EmbeddedClickHouse(tmp_path, free_ports(1)[0])
    gateway.start()
    database = ClickHouse(Settings(clickhouse=gateway.url))
    watcher = ClickHouse(Settings(clickhouse=gateway.url))
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            database.query("SELECT count() FROM numbers(1e13)")
        except PilotfishError as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not watcher.query(
        "SELECT 1 FROM system.processes WHERE query LIKE '%1e13%'"
        " AND query NOT LIKE '%LIKE%'"
    ):
        pass
    gateway.kill()
    thread.join()
    assert [type(error) for error in raised] == [UnavailableError]
    gateway.start()
    assert database.query("SELECT 1") == [(1,)]
    database.close()
    watcher.close()
    gateway.stop()


def test_one_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ANSWER_TIMEOUT_S", 1)
    with EmbeddedClickHouse(tmp_path, free_ports(1)[0]) as gateway:
        database = ClickHouse(Settings(clickhouse=gateway.url))
        database.query("SELECT 1")
        os.kill(gateway.pid, signal.SIGSTOP)
        with pytest.raises(UnavailableError, match="does not answer"):
            database.query("SELECT 1")


def test_an_insert_whose_answer_was_lost_is_not_sent_again(
    gateway: EmbeddedClickHouse, database: ClickHouse
) -> None:
    """Without a token the table could not tell that it has the rows already."""
    inserts: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(
            target=lose_answers, args=(listener, gateway, inserts)
        )
        thread.start()
        port = listener.getsockname()[1]
        lossy = ClickHouse(Settings(clickhouse=f"http://127.0.0.1:{port}"))
        with pytest.raises(UnavailableError):
            lossy.insert("things", COLUMNS, [ROW])
        lossy.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(inserts) == 1
    assert database.query("SELECT count() FROM things") == [(1,)]


def lose_answers(
    listener: socket.socket, gateway: EmbeddedClickHouse, inserts: list[bytes]
) -> None:
    """Pass requests on; reset the connection instead of answering an insert."""
    port = int(gateway.url.rpartition(":")[2])
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            while pass_on(client, server, inserts):
                pass


def pass_on(client: socket.socket, server: socket.socket, inserts: list[bytes]) -> bool:
    request = receive(client)
    if not request:
        return False
    server.sendall(request)
    answer = receive(server)
    if b"INSERT INTO" not in request:
        client.sendall(answer)
        return True
    inserts.append(request)
    reset = struct.pack("ii", 1, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    return False


def receive(connection: socket.socket) -> bytes:
    message = b""
    while not complete(message):
        piece = connection.recv(65536)
        if not piece:
            return b""
        message += piece
    return message


def complete(message: bytes) -> bool:
    head, found, body = message.partition(b"\r\n\r\n")
    if b"chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(found) and len(body) >= (int(length[1]) if length else 0)
