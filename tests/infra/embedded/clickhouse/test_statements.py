"""A client that leaves takes its statement along, and services always have a thread."""

import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from support.gateway_http import ask, begin
from support.polling import eventually, in_time

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

ENDLESS = [
    "SELECT * FROM system.numbers",
    "SELECT count() FROM numbers(1e15)",
    "SELECT * FROM system.numbers FORMAT JSON",
    "INSERT INTO nothing SELECT number FROM system.numbers",
    "SELECT number, count() FROM numbers(1e15) GROUP BY number % 3, number",
]
OTHERS = "SELECT count() FROM system.processes WHERE query NOT LIKE '%processes%'"


@pytest.fixture(scope="module")
def gateway(gateway: EmbeddedClickHouse) -> EmbeddedClickHouse:
    ask(gateway, body=b"CREATE TABLE nothing (n UInt64) ENGINE = Null")
    return gateway


def running(gateway: EmbeddedClickHouse) -> int:
    return int(ask(gateway, body=OTHERS.encode()).text)


def running_as_a_service_sees(gateway: EmbeddedClickHouse) -> int:
    return int(ClickHouse(Settings(clickhouse=gateway.url)).query(OTHERS)[0][0])


def memory_kb(gateway: EmbeddedClickHouse) -> int:
    status = Path(f"/proc/{gateway.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


@pytest.mark.parametrize("sql", ENDLESS)
def test_a_client_that_leaves_ends_its_statement(
    gateway: EmbeddedClickHouse, sql: str
) -> None:
    connection = begin(gateway, sql)
    eventually(lambda: running(gateway), 1)
    connection.close()
    eventually(lambda: running(gateway), 0, within_s=20)


def test_clients_that_leave_occupy_no_thread(gateway: EmbeddedClickHouse) -> None:
    for _ in range(2):
        left = [begin(gateway, sql) for sql in ENDLESS * 5]
        for connection in left:
            connection.close()
        assert ask(gateway, body=b"SELECT 1", timeout_s=20).text == "1\n"
    eventually(lambda: running(gateway), 0, within_s=60)


def test_a_client_that_does_not_read_costs_little_memory(
    gateway: EmbeddedClickHouse,
) -> None:
    connection = begin(gateway, "SELECT * FROM system.numbers")
    eventually(lambda: running(gateway), 1)
    connection.recv(1)
    before = memory_kb(gateway)
    time.sleep(1)
    assert memory_kb(gateway) - before < 50_000
    connection.close()
    eventually(lambda: running(gateway), 0, within_s=20)


def test_services_have_threads_of_their_own(gateway: EmbeddedClickHouse) -> None:
    clients = [begin(gateway, "SELECT count() FROM numbers(1e15)") for _ in range(40)]
    service = ClickHouse(Settings(clickhouse=gateway.url))

    def asking_s() -> float:
        began = time.monotonic()
        assert service.query("SELECT 1") == [(1,)]
        return time.monotonic() - began

    in_time(5, asking_s)
    for connection in clients:
        connection.close()
    eventually(lambda: running(gateway), 0, within_s=60)


def test_an_insert_outlives_its_client(gateway: EmbeddedClickHouse) -> None:
    table = b"CREATE TABLE kept (n UInt64, s UInt8 MATERIALIZED sleep(2)) ENGINE = Log"
    assert ask(gateway, body=table).text == ""
    with begin(gateway, "INSERT INTO kept VALUES (1), (2)"):
        eventually(lambda: running(gateway), 1, within_s=20)
    count = b"SELECT count() FROM kept"
    eventually(lambda: ask(gateway, body=count).text, "2\n", within_s=20)


def test_a_query_has_the_id_that_its_client_gave_it(
    gateway: EmbeddedClickHouse,
) -> None:
    mine = b"SELECT query FROM system.processes WHERE query_id = 'it\\'s me'"
    killed = b"KILL QUERY WHERE query_id = 'it\\'s me'"
    path = "/?" + urlencode({"query_id": "it's me"})
    sent = "SELECT count() FROM numbers(1e15)"
    with begin(gateway, sent, query_id="it's me") as connection:
        eventually(lambda: ask(gateway, body=mine).text, f"{sent}\n", 20)
        again = ask(gateway, path, b"SELECT 1")
        assert again.headers["X-ClickHouse-Exception-Code"] == "216"
        assert "waiting" in ask(gateway, body=killed).text
        assert b"Code: 394. " in connection.recv(2**16)
    assert ask(gateway, path, b"SELECT 1").text == "1\n"


def test_a_kill_does_not_wait_for_what_it_is_to_end(
    gateway: EmbeddedClickHouse,
) -> None:
    sent = "SELECT count() FROM numbers(1e15)"
    clients = [begin(gateway, sent, query_id=f"full {n}") for n in range(16)]
    eventually(lambda: running_as_a_service_sees(gateway), 16, within_s=20)
    killed = b"KILL QUERY WHERE query_id = 'full 3'"
    assert "waiting" in ask(gateway, body=killed, timeout_s=10).text
    assert b"Code: 394. " in clients[3].recv(2**16)
    for connection in clients:
        connection.close()
    eventually(lambda: running(gateway), 0, within_s=60)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_execution_time", "600"), ("max_memory_usage", "4000000000")],
)
def test_the_owner_has_limits_and_may_change_them(
    gateway: EmbeddedClickHouse, name: str, value: str
) -> None:
    query = f"SELECT getSetting('{name}')".encode()
    assert ask(gateway, body=query).text == f"{value}\n"
    assert ask(gateway, f"/?{name}=7000000000", query).text == "7000000000\n"


def test_many_clients_at_once_get_their_own_rows(gateway: EmbeddedClickHouse) -> None:
    wrong: list[str] = []

    def work(number: int) -> None:
        sql = f"SELECT {number} FROM numbers(200000) SETTINGS max_block_size = 1000"
        if ask(gateway, body=sql.encode()).text != f"{number}\n" * 200_000:
            wrong.append(sql)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
