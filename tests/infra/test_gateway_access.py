"""Who may do what: passwords, the user that only reads, and the machine's files."""

import base64
import http.client
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ports import free_ports
from pydantic import SecretStr

from pilotfish.infra.gateway import EmbeddedClickHouse
from pilotfish.schemas.errors import RequirementError
from pilotfish.schemas.settings import Settings
from pilotfish.streams.clickhouse import ClickHouse

OWNER = {"X-ClickHouse-User": "default", "X-ClickHouse-Key": "öpen sesame"}
READER = {"X-ClickHouse-User": "readonly", "X-ClickHouse-Key": "a look"}
MARK = "what only this file says"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("access")


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[EmbeddedClickHouse]:
    (folder / "secret").write_text(MARK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", OWNER["X-ClickHouse-Key"])
        patch.setenv("PILOTFISH_CLICKHOUSE_READONLY_PASSWORD", "a look")
        it = EmbeddedClickHouse(folder / "data", free_ports(1)[0])
        it.start()
    ask(it, "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", OWNER)
    ask(it, "INSERT INTO t VALUES (1)", OWNER)
    yield it
    it.stop()


@pytest.fixture
def reader(gateway: EmbeddedClickHouse) -> Iterator[Client]:
    with clickhouse_connect.get_client(
        dsn=gateway.url,
        username="readonly",
        password="a look",
        autogenerate_session_id=False,
    ) as it:
        yield it


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


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_only_this_machine_reaches_it(gateway: EmbeddedClickHouse) -> None:
    port = int(gateway.url.rpartition(":")[2])
    listening = subprocess.run(
        ["cat", f"/proc/{gateway.pid}/net/tcp", f"/proc/{gateway.pid}/net/tcp6"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    local = [line.split()[1] for line in listening.splitlines() if " 0A " in line]
    loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
    mine = [address for address in local if address.endswith(f":{port:04X}")]
    assert mine == [f"{loopback}:{port:04X}"]


def test_a_password_is_taken_in_every_way(gateway: EmbeddedClickHouse) -> None:
    for headers in (OWNER, {"X-ClickHouse-Key": "öpen sesame"}):
        assert ask(gateway, "SELECT 1", headers) == (200, "1\n")
    assert ask(gateway, "SELECT 1", basic("default:öpen sesame")) == (200, "1\n")
    assert ask(gateway, "SELECT 1", {}, password="öpen sesame") == (200, "1\n")
    named = {"user": "readonly", "password": "a look"}
    assert ask(gateway, "SELECT 1", {}, **named) == (200, "1\n")


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
def test_who_is_not_known_is_told_what_to_do(
    gateway: EmbeddedClickHouse, headers: dict[str, str]
) -> None:
    status, words = ask(gateway, "SELECT 1", headers)
    assert status == 403
    assert words.startswith("Code: 516. DB::Exception: ")
    assert words.endswith("(AUTHENTICATION_FAILED)\n")
    assert "PILOTFISH_CLICKHOUSE_PASSWORD" in words
    assert "sesame" not in words
    assert "a look" not in words


def test_no_password_is_on_the_command_line_or_on_disk(
    gateway: EmbeddedClickHouse, folder: Path
) -> None:
    command = Path(f"/proc/{gateway.pid}/cmdline").read_bytes()
    assert b"pilotfish.infra.gateway" in command
    found = subprocess.run(
        ["grep", "-rlE", "pen sesame|a look", folder], capture_output=True, check=False
    )
    assert (b"sesame" in command, found.stdout) == (False, b"")


def test_a_reader_s_password_alone_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_CLICKHOUSE_READONLY_PASSWORD", "a look")
    with pytest.raises(RequirementError, match="set PILOTFISH_CLICKHOUSE_PASSWORD"):
        EmbeddedClickHouse(tmp_path, free_ports(1)[0]).start()


def test_without_a_password_of_its_own_there_is_no_reader(
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
    status, words = ask(gateway, sql, READER)
    assert status == 500
    assert words.startswith(("Code: 164.", "Code: 497."))
    assert reader.query("SELECT * FROM t").result_rows == [(1,)]


LIMITS = {
    "max_execution_time": "30",
    "max_memory_usage": "1000000000",
    "max_result_rows": "1000000",
    "readonly": "1",
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", ["0", "2", "2000000000"])
def test_limits_are_not_lifted(
    gateway: EmbeddedClickHouse, name: str, value: str
) -> None:
    get = f"SELECT getSetting('{name}')"
    assert ask(gateway, get, READER, **{name: value}) == (200, LIMITS[name] + "\n")
    clause = f"SETTINGS {name} = {value}"
    for sql in (f"{get} {clause}", f"SELECT * FROM ({get} {clause})"):
        words = ask(gateway, sql, READER, profile="default")[1]
        assert words.startswith("Code: 164.") or words == LIMITS[name] + "\n"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT number FROM numbers(2000000)", 396),
        ("SELECT groupArray(number) FROM numbers(1000000000)", 241),
    ],
)
def test_limits_hold(gateway: EmbeddedClickHouse, sql: str, code: int) -> None:
    assert f"Code: {code}." in ask(gateway, sql, READER)[1]


def test_a_reader_s_settings_that_lift_nothing_are_taken(
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


def test_one_reader_makes_nobody_else_read_only(gateway: EmbeddedClickHouse) -> None:
    assert ask(gateway, "SELECT currentRoles()", READER) == (200, "[]\n")
    assert ask(gateway, "SELECT currentRoles()", OWNER) == (200, "['writer']\n")


SERVERS = [
    "url('http://127.0.0.1:1', 'CSV')",
    "s3('http://127.0.0.1:1/abc/b', 'CSV')",
    "gcs('http://127.0.0.1:1/abc/b', 'CSV')",
    "remote('127.0.0.1:1', system.one)",
    "remoteSecure('127.0.0.1:1', system.one)",
    "mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "mongodb('127.0.0.1:1', 'd', 'c', 'u', 'p', 'a String')",
    "redis('127.0.0.1:1', 'k', 'k String, v String')",
    "hdfs('hdfs://127.0.0.1:1/a', 'CSV', 'a String')",
    "azureBlobStorage('http://127.0.0.1:1/a', 'c', 'b', 'a', 'a2V5', 'CSV', 'a UInt8')",
    "odbc('DSN=x', 'a', 'b')",
    "jdbc('x', 'a')",
    "sqlite('/tmp/x.db', 't')",
    "executable('x', 'TSV', 'a String')",
    "python('os')",
    "icebergLocal('/etc')",
    "deltaLakeLocal('/etc')",
    "iceberg('http://127.0.0.1:1/abc/b')",
    "deltaLake('http://127.0.0.1:1/abc/b')",
    "filesystem('/etc')",
    "fileCluster('default', '/etc/passwd', 'LineAsString')",
    "urlCluster('default', 'http://127.0.0.1:1', 'CSV', 'a String')",
    "bigquery('a', 'b', 'c')",
]


@pytest.mark.parametrize("table", SERVERS)
def test_nothing_outside_the_database_is_read(
    gateway: EmbeddedClickHouse, table: str
) -> None:
    for sql in (f"SELECT * FROM {table}", f"SELECT 1 IN (SELECT * FROM {table})"):
        for who in (OWNER, READER):
            words = ask(gateway, sql, who)[1]
            assert words.startswith(("Code: 497.", "Code: 701.")), words


@pytest.mark.parametrize("who", [OWNER, READER], ids=["owner", "reader"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT file('PATH')",
        "SELECT FiLe\n/* ( */ ('PATH')",
        "SELECT `file`('PATH')",
        "SELECT `f\\x69le`('PATH')",
        "SELECT \N{LEFT DOUBLE QUOTATION MARK}file\N{RIGHT DOUBLE QUOTATION MARK}('PATH')",
        "SELECT file\N{NO-BREAK SPACE}('PATH')",
        "SELECT \N{LEFT SINGLE QUOTATION MARK}'\N{RIGHT SINGLE QUOTATION MARK}, file('PATH') -- '",
        "SELECT 1 // '\n, file('PATH') // '",
        "SELECT 1 # '\n, file('PATH') # '",
        "SELECT 1 /* /* */ ' */, file('PATH') -- '",
        "SELECT 1 AS a$$, file('PATH') AS b$$",
        "WITH x AS (SELECT file('PATH')) SELECT * FROM x",
        "SELECT * FROM file('PATH', 'LineAsString')",
        "SELECT * FROM 'PATH'",
        "SELECT * FROM `PATH`",
        "SELECT * FROM t, `PATH`",
        "SELECT * FROM chdb_files.`ESCAPED`",
        "SELECT * FROM default.`ESCAPED`",
        "SELECT * FROM {path:Identifier}",
        "SELECT 1 IN `ESCAPED`",
        "SELECT * FROM merge('chdb_files', 'secret')",
        "SELECT * FROM loop('chdb_files', 'ESCAPED')",
        "SELECT * FROM eval('SELECT fi' || 'le(''PATH'')')",
        "SELECT * FROM format(Values, 'a String', '(file(''PATH''))')",
        "SELECT * FROM t, format('Values', 'a String', '(fi\\x6ce(''PATH''))')",
        "SELECT b FROM generateRandom('a UInt8, b String ALIAS fi\\x6ce(''PATH'')')",
        "SELECT b FROM values('a UInt8, b String ALIAS fi\\x6ce(''PATH'')', 1)",
        "SELECT 1 FORMAT Template SETTINGS format_template_row = 'PATH'",
        "SELECT 1 FORMAT Template SETTINGS format_template_resultset = 'PATH'",
        "SELECT 1 FORMAT Protobuf SETTINGS format_schema = 'PATH:M'",
        "DESCRIBE file('PATH', 'CSV')",
        "EXPLAIN SELECT file('PATH')",
    ],
)
def test_files_are_not_read(
    gateway: EmbeddedClickHouse, folder: Path, sql: str, who: dict[str, str]
) -> None:
    path = str(folder / "secret")
    text = sql.replace("PATH", path).replace("ESCAPED", path.replace("/", "\\x2f"))
    status, words = ask(gateway, text, who, param_path=path)
    assert status >= 400
    assert words.startswith("Code: ")
    assert MARK not in words


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO s VALUES (file('PATH'))",
        "INSERT INTO s FORMAT Values ('a'), (`f\\x69le`('PATH'))",
        "INSERT INTO s SELECT file('PATH')",
        "INSERT INTO s FROM INFILE 'PATH' FORMAT LineAsString",
        "INSERT INTO s FROM/**/infile 'PATH' FORMAT LineAsString",
        "CREATE VIEW v AS SELECT file('PATH')",
        "CREATE TABLE f (a String) ENGINE = File(CSV)",
        "CREATE TABLE f (a String) ENGINE = Executable('x', 'TSV')",
        "CREATE TABLE m (a String) ENGINE = MySQL('127.0.0.1:1', 'a', 'b', 'c', 'd')",
        "CREATE TABLE w (a String) ENGINE = MergeTree ORDER BY a"
        " SETTINGS disk = disk(type = web, endpoint = 'http://127.0.0.1:1/')",
        "CREATE TABLE u (a String) ENGINE = URL('http://127.0.0.1:1', 'CSV')",
        "CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(HTTP(URL 'http://127.0.0.1:1'"
        " FORMAT 'TSV')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
        "CREATE DATABASE f ENGINE = Filesystem('/etc')",
    ],
)
def test_files_are_not_stored(
    gateway: EmbeddedClickHouse, folder: Path, sql: str
) -> None:
    ask(gateway, "CREATE TABLE IF NOT EXISTS s (a String) ENGINE = Memory", OWNER)
    words = ask(gateway, sql.replace("PATH", str(folder / "secret")), OWNER)[1]
    assert words.startswith("Code: 497.")
    assert ask(gateway, "SELECT count() FROM s", OWNER) == (200, "0\n")


@pytest.mark.parametrize("who", [OWNER, READER], ids=["owner", "reader"])
@pytest.mark.parametrize(
    "words", ["INTO OUTFILE", "into/* */outfile", "INTO\n OutFile"]
)
def test_files_are_not_written(
    gateway: EmbeddedClickHouse, tmp_path: Path, words: str, who: dict[str, str]
) -> None:
    sql = f"SELECT 1 {words} '{tmp_path / 'written'}'"
    assert ask(gateway, sql, who)[1].startswith("Code: 497.")
    assert not (tmp_path / "written").exists()


PIECES = [
    *("'", "''", '"', "`", "\\", "\\'", "$$", "$a$", "--", "//", "#", "# ", "#!", "/*"),
    *("*/", "\n", " ", ",", "1", "a", " AS ", "x'", "b'", "(", ")", "[", "]", "{", "}"),
    *("\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}", "\0", "\r"),
    *(
        "\N{LEFT DOUBLE QUOTATION MARK}",
        "\N{NO-BREAK SPACE}",
        "\N{ZERO WIDTH SPACE}",
        "\N{MINUS SIGN}",
        "@",
    ),
]
NOISE = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@given(NOISE, NOISE, NOISE)
@example(" AS a$$", "", " AS b$$")
@example(" // '\n", "", " // '")
@example("", "\N{NO-BREAK SPACE}", "")
@example(" /* /* */ ' */", "", " -- '")
@settings(max_examples=400)
def test_no_noise_hides_a_function(
    gateway: EmbeddedClickHouse, folder: Path, left: str, gap: str, right: str
) -> None:
    sql = f"SELECT 1{left}, file{gap}('{folder / 'secret'}'){right}"
    assert MARK not in ask(gateway, sql, READER)[1]


def test_what_looks_like_a_file_is_let_through(gateway: EmbeddedClickHouse) -> None:
    ask(gateway, "CREATE TABLE IF NOT EXISTS n (a String) ENGINE = Memory", OWNER)
    ask(gateway, "INSERT INTO n VALUES ('file(1)'), (upper('é'))", OWNER)
    sql = (
        "SELECT a, format('{}/{}', a, 'values(') AS `a/b` FROM n WHERE a LIKE '%file(%'"
    )
    assert ask(gateway, sql, READER) == (200, "file(1)\tfile(1)/values(\n")
    assert ask(gateway, "SELECT count() FROM n", READER) == (200, "2\n")
