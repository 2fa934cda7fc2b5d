"""What clients cannot reach through the gateway: the machine's files, other servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.guarded import OWNER, READER, ask, guarded_gateway

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse

MARK = "what only this file says"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "secret").write_text(MARK)
    return folder


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[EmbeddedClickHouse]:
    with guarded_gateway(folder / "data") as it:
        yield it


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
        "SELECT * FROM values('b String ALIAS ' || 'file(''PATH'')', 1)",
        "SELECT b FROM values(('a UInt8, b String ALIAS file(''PATH'')'), 1)",
        "SELECT b FROM values({structure:String}, 1)",
        "WITH 'b String ALIAS file(''PATH'')' AS s SELECT b FROM values(s, 1)",
        "SELECT b FROM values('a UInt8, b String ALIAS `f\\\\x69le`(''PATH'')', 1)",
        "SELECT b FROM values('a UInt8, b String DEFAULT file(''PATH'')', (1, ''))",
        "SELECT * FROM values('a String', file('PATH'))",
        "SELECT * FROM values(('a', 1), (file('PATH'), 2))",
        "SELECT * FROM values('a UInt8) ENGINE = File(CSV', 1)",
        "SELECT * FROM values('a UInt8) AS SELECT file(''PATH'') -- ', 1)",
        "SELECT * FROM values('a UInt8', 1) WHERE file('PATH') != ''",
        "SELECT * FROM `f\\ile`('PATH')",
        "INSERT INTO s SELECT * FROM input('a String') FORMAT Values (file('PATH'))",
        "SELECT 1 FORMAT Template SETTINGS format_template_row = 'PATH'",
        "SELECT 1 FORMAT Template SETTINGS format_template_resultset = 'PATH'",
        "SELECT 1 FORMAT Protobuf SETTINGS format_schema = 'PATH:M'",
        "SELECT 1 SETTINGS additional_result_filter ="
        " 'throwIf(file(''PATH'') != '''', file(''PATH''))'",
        "SELECT 1 SETTINGS filter = 'throwIf(file(''PATH'') != '''', file(''PATH''))'",
        "SELECT 1 SETTINGS select = 'file(''PATH'')'",
        "SELECT 1 SETTINGS order = 'throwIf(file(''PATH'') != '''', file(''PATH''))'",
        "SELECT * FROM system.one SETTINGS additional_table_filters ="
        " {'system.one': 'throwIf(file(''PATH'') != '''', file(''PATH''))'}",
        "SELECT * FROM format('Val\\x75es', 'a String', '(file(''PATH''))')",
        "SELECT * FROM SQLStandardValues('b String ALIAS file(''PATH'')', 1)",
        "SELECT trim(LEADING file('PATH') FROM 'a')",
        "SELECT * FROM (VALUES (file('PATH')))",
        "DESCRIBE file('PATH', 'CSV')",
        "EXPLAIN SELECT file('PATH')",
    ],
)
def test_files_are_not_read(
    gateway: EmbeddedClickHouse, folder: Path, sql: str, who: dict[str, str]
) -> None:
    path = str(folder / "secret")
    text = sql.replace("PATH", path).replace("ESCAPED", path.replace("/", "\\x2f"))
    structure = f"a UInt8, b String ALIAS file('{path}')"
    status, words = ask(gateway, text, who, param_path=path, param_structure=structure)
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
        "INSERT INTO FUNCTION null('a String DEFAULT file(''PATH'')') VALUES ('a')",
        "INSERT INTO FUNCTION null('a String') VALUES (file('PATH'))",
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
        "CREATE DATABASE f ENGINE `\\x46ilesystem`('/etc')",
        "CREATE DATABASE p ENGINE = PostgreSQL('127.0.0.1:1', 'a', 'b', 'c')",
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("additional_result_filter", "throwIf(file('PATH') != '', file('PATH'))"),
        ("filter", "throwIf(file('PATH') != '', file('PATH'))"),
        ("select", "file('PATH')"),
        ("order", "throwIf(file('PATH') != '', file('PATH'))"),
        ("dialect", "clickhouse_json"),
        ("dialect", "kusto"),
        ("input_format", "Values"),
        ("format", "Values"),
    ],
)
@pytest.mark.parametrize("who", [OWNER, READER], ids=["owner", "reader"])
def test_settings_hide_no_function(
    gateway: EmbeddedClickHouse,
    folder: Path,
    name: str,
    value: str,
    who: dict[str, str],
) -> None:
    setting = {name: value.replace("PATH", str(folder / "secret"))}
    status, words = ask(gateway, "SELECT 1", who, **setting)
    assert status >= 400
    assert MARK not in words


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


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT trim(LEADING '/' FROM '/a')", "a\n"),
        ("SELECT trim(BOTH '/' FROM '/a/'), extract('b/c', '/.')", "a\t/c\n"),
        ("SELECT * FROM (VALUES (1, 'a'), (2, 'b'))", "1\ta\n2\tb\n"),
        ("SELECT format('..', 1), format('/{}', 1)", "..\t/1\n"),
        ("SELECT\N{NO-BREAK SPACE}1", "1\n"),
        ("SELECT 1 AS `\N{LATIN SMALL LETTER U WITH DIAERESIS}`", "1\n"),
        ("SELECT `a\\x62` FROM (SELECT 1 AS ab)", "1\n"),
        ("SELECT `upp\\x65r`('a')", "A\n"),
        (
            "SELECT \N{LEFT SINGLE QUOTATION MARK}a/b\N{RIGHT SINGLE QUOTATION MARK}",
            "a/b\n",
        ),
    ],
)
def test_what_the_engine_reads_as_harmless_is_let_through(
    gateway: EmbeddedClickHouse, sql: str, rows: str
) -> None:
    for who in (OWNER, READER):
        assert ask(gateway, sql, who) == (200, rows)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT * FROM values('a UInt8, b String', (1, '/x'), (2, 'y'))",
            "1\t/x\n2\ty\n",
        ),
        ("SELECT * FROM VALUES(1, 2)", "1\n2\n"),
        ("SELECT * FROM values((1, 'a'), (2, 'b'))", "1\ta\n2\tb\n"),
        ("SELECT a FROM values('a Enum8(\\'x\\' = 1)', 'x')", "x\n"),
        ("SELECT a FROM values('a UInt8 DEFAULT 1 + 1', 3)", "3\n"),
        (
            "SELECT count() FROM (SELECT a FROM generateRandom('a UInt8') LIMIT 3)",
            "3\n",
        ),
        (
            "SELECT count() FROM (SELECT * FROM generateRandom('a UInt8', 1, 10) LIMIT 3)",
            "3\n",
        ),
        ("INSERT INTO FUNCTION null('a UInt8') VALUES (1), (2)", ""),
        ("DROP TABLE IF EXISTS `a\\`b`", ""),
        ("CREATE TABLE `a\\`b` (x UInt8) ENGINE = Memory", ""),
        ("INSERT INTO `a\\`b` (x) VALUES (1)", ""),
        ("SELECT count(`a\\`b`.x) FROM `a\\`b`", "1\n"),
    ],
)
def test_described_columns_and_names_with_escapes_are_let_through(
    gateway: EmbeddedClickHouse, sql: str, rows: str
) -> None:
    assert ask(gateway, sql, OWNER) == (200, rows)


def test_harmless_rows_of_values_are_stored(gateway: EmbeddedClickHouse) -> None:
    ask(gateway, "CREATE TABLE h (a String) ENGINE = Memory", OWNER)
    rows = "(trim(LEADING '/' FROM '/a')), (`upp\\x65r`('b')), ('c');"
    assert ask(gateway, f"INSERT INTO h VALUES {rows}", OWNER) == (200, "")
    assert ask(gateway, "SELECT * FROM h ORDER BY a", READER) == (200, "B\na\nc\n")


def test_a_letter_that_the_engine_does_not_know_is_a_syntax_error(
    gateway: EmbeddedClickHouse,
) -> None:
    sql = "SELECT \N{LATIN SMALL LETTER U WITH DIAERESIS} FROM t"
    words = ask(gateway, sql, OWNER)[1]
    assert words.startswith("Code: 62. ")
    assert "formatQuery" not in words


def test_what_looks_like_a_file_is_let_through(gateway: EmbeddedClickHouse) -> None:
    ask(gateway, "CREATE TABLE IF NOT EXISTS n (a String) ENGINE = Memory", OWNER)
    ask(gateway, "INSERT INTO n VALUES ('file(1)'), (upper('é'))", OWNER)
    sql = (
        "SELECT a, format('{}/{}', a, 'values(') AS `a/b` FROM n WHERE a LIKE '%file(%'"
    )
    assert ask(gateway, sql, READER) == (200, "file(1)\tfile(1)/values(\n")
    assert ask(gateway, "SELECT count() FROM n", READER) == (200, "2\n")
