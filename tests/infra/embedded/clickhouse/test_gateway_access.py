"""Passwords, and the user that only reads."""

import base64
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from pydantic import SecretStr
from support.guarded import OWNER, READER, ask, guarded_gateway

from pilotfish.infra.embedded.clickhouse.access import User
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("access")


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[EmbeddedClickHouse]:
    with guarded_gateway(folder / "data") as it:
        yield it


@pytest.fixture
def reader(gateway: EmbeddedClickHouse) -> Iterator[Client]:
    with clickhouse_connect.get_client(
        dsn=gateway.url,
        username="readonly",
        password="a look",
        autogenerate_session_id=False,
    ) as it:
        yield it


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_the_gateway_listens_on_loopback_only(gateway: EmbeddedClickHouse) -> None:
    port = int(gateway.url.rpartition(":")[2])
    listening = subprocess.run(
        ["cat", f"/proc/{gateway.pid}/net/tcp", f"/proc/{gateway.pid}/net/tcp6"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    local = [line.split()[1] for line in listening.splitlines() if " 0A " in line]
    loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
    own = [address for address in local if address.endswith(f":{port:04X}")]
    assert own == [f"{loopback}:{port:04X}"]


def test_a_password_is_accepted_in_every_form(gateway: EmbeddedClickHouse) -> None:
    for headers in (OWNER, {"X-ClickHouse-Key": "öpen sesame"}):
        assert ask(gateway, "SELECT 1", headers) == (200, "1\n")
    assert ask(gateway, "SELECT 1", basic("default:öpen sesame")) == (200, "1\n")
    assert ask(gateway, "SELECT 1", {}, password="öpen sesame") == (200, "1\n")
    credentials = {"user": "readonly", "password": "a look"}
    assert ask(gateway, "SELECT 1", {}, **credentials) == (200, "1\n")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-ClickHouse-User": "default"},
        {"X-ClickHouse-Key": "a look"},
        {"X-ClickHouse-User": "readonly"},
        {"X-ClickHouse-User": "readonly", "X-ClickHouse-Key": "öpen sesame"},
        {"X-ClickHouse-User": "nobody", "X-ClickHouse-Key": "a look"},
        {"X-ClickHouse-User": "a look"},
        basic("default:wrong"),
        basic("öpen sesame"),
        {"Authorization": "Basic ~"},
        {"Authorization": "Bearer a look"},
    ],
    ids=str,
)
def test_wrong_credentials_are_refused_with_advice(
    gateway: EmbeddedClickHouse, headers: dict[str, str]
) -> None:
    status, text = ask(gateway, "SELECT 1", headers)
    assert status == 403
    assert text.startswith("Code: 516. DB::Exception: ")
    assert text.endswith("(AUTHENTICATION_FAILED)\n")
    assert "PILOTFISH_CLICKHOUSE_PASSWORD" in text
    assert "sesame" not in text
    assert "a look" not in text


@pytest.mark.parametrize("name", ["default", "nobody", ""])
@pytest.mark.parametrize("password", ["right", "wrong", ""])
def test_name_and_password_are_always_both_compared_in_full(
    monkeypatch: pytest.MonkeyPatch, name: str, password: str
) -> None:
    compared = []

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append((given, expected))
        return given == expected

    monkeypatch.setattr("hmac.compare_digest", compare)
    matches = User("default", "right").matches(name, password)
    assert matches == ((name, password) == ("default", "right"))
    assert compared == [(name.encode(), b"default"), (password.encode(), b"right")]


def test_no_password_is_on_the_command_line_or_on_disk(
    gateway: EmbeddedClickHouse, folder: Path
) -> None:
    command = Path(f"/proc/{gateway.pid}/cmdline").read_bytes()
    assert b"pilotfish.infra.embedded.clickhouse.gateway" in command
    search = subprocess.run(
        ["grep", "-rlE", "pen sesame|a look", folder], capture_output=True, check=False
    )
    assert (b"sesame" in command, search.stdout) == (False, b"")


def test_a_password_for_the_reader_alone_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_CLICKHOUSE_READONLY_PASSWORD", "a look")
    with pytest.raises(RequirementError, match="set PILOTFISH_CLICKHOUSE_PASSWORD"):
        EmbeddedClickHouse(tmp_path, free_ports(1)[0]).start()


def test_there_is_no_reader_without_its_own_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", "x")
    with EmbeddedClickHouse(tmp_path, free_ports(1)[0]) as gateway:
        headers = {"X-ClickHouse-User": "readonly"}
        assert ask(gateway, "SELECT 1", headers)[0] == 403


def test_a_reader_reads(reader: Client) -> None:
    assert reader.query("SELECT a FROM t").result_rows == [(1,)]
    assert reader.query("SHOW TABLES").result_rows == [("t",)]
    assert reader.command("EXISTS t") == 1
    assert reader.query("DESCRIBE t").result_rows[0][:2] == ("a", "UInt8")
    assert reader.query("EXPLAIN SELECT a FROM t").result_rows
    assert reader.query("WITH x AS (SELECT 2) SELECT * FROM x").result_rows == [(2,)]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (2)",
        "INSERT INTO t SELECT 2",
        "WITH x AS (SELECT 2 AS a) INSERT INTO t SELECT a FROM x",
        "CREATE TABLE u (a UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE u (a UInt8)",
        "ALTER TABLE t ADD COLUMN b UInt8",
        "DROP TABLE t",
        "TRUNCATE TABLE t",
        "OPTIMIZE TABLE t",
        "SYSTEM STOP MERGES",
        "KILL QUERY WHERE 1",
        "SET readonly = 0",
        "SET ROLE writer",
        "EXECUTE AS default",
    ],
)
def test_a_reader_does_not_write(
    gateway: EmbeddedClickHouse, reader: Client, sql: str
) -> None:
    status, text = ask(gateway, sql, READER)
    assert status == 500
    assert text.startswith(("Code: 164.", "Code: 497."))
    assert reader.query("SELECT * FROM t").result_rows == [(1,)]


LIMITS = {
    "max_execution_time": "30",
    "max_memory_usage": "1000000000",
    "max_result_rows": "1000000",
    "readonly": "1",
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", ["0", "2", "2000000000"])
def test_a_reader_cannot_lift_its_limits(
    gateway: EmbeddedClickHouse, name: str, value: str
) -> None:
    get = f"SELECT getSetting('{name}')"
    assert ask(gateway, get, READER, **{name: value}) == (200, LIMITS[name] + "\n")
    clause = f"SETTINGS {name} = {value}"
    for sql in (f"{get} {clause}", f"SELECT * FROM ({get} {clause})"):
        text = ask(gateway, sql, READER, profile="default")[1]
        assert text.startswith("Code: 164.") or text == LIMITS[name] + "\n"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT number FROM numbers(2000000)", 396),
        ("SELECT groupArray(number) FROM numbers(1000000000)", 241),
    ],
)
def test_a_reader_s_limits_hold(
    gateway: EmbeddedClickHouse, sql: str, code: int
) -> None:
    assert f"Code: {code}." in ask(gateway, sql, READER, wait_end_of_query="1")[1]


def test_a_reader_may_change_other_settings(
    gateway: EmbeddedClickHouse,
) -> None:
    sql = "SELECT getSetting('max_threads')"
    assert ask(gateway, sql, READER, max_threads="1") == (200, "1\n")


@pytest.mark.parametrize(
    ("user", "password"), [("default", "öpen sesame"), ("readonly", "a look")]
)
def test_pilotfish_itself_logs_in(
    gateway: EmbeddedClickHouse, user: str, password: str
) -> None:
    clickhouse = ClickHouse(
        Settings(
            clickhouse=gateway.url,
            clickhouse_user=user,
            clickhouse_password=SecretStr(password),
        )
    )
    assert clickhouse.query("SELECT a FROM t WHERE a = {a:UInt8}", {"a": 1}) == [(1,)]


def test_a_reader_s_statement_leaves_other_users_their_rights(
    gateway: EmbeddedClickHouse,
) -> None:
    assert ask(gateway, "SELECT currentRoles()", READER) == (200, "[]\n")
    assert ask(gateway, "SELECT currentRoles()", OWNER) == (200, "['writer']\n")


def test_a_reader_s_times_keep_their_zone(gateway: EmbeddedClickHouse) -> None:
    sql = "SELECT toDateTime(a, 'Asia/Shanghai') AS at FROM t FORMAT Native"
    status, rows = ask(gateway, sql, READER, client_protocol_version="54460")
    assert (status, "DateTime('Asia/Shanghai')" in rows) == (200, True)
