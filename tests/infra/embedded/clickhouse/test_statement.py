import pytest

from pilotfish.infra.embedded.clickhouse.statement import parse


def test_a_query_names_its_output_format() -> None:
    statement = parse(
        b"SELECT format FROM t -- FORMAT CSV\n FORMAT JSON SETTINGS a = 1"
    )
    assert (statement.verb, statement.format, statement.data) == (
        b"SELECT",
        "JSON",
        None,
    )
    assert statement.returns_rows


def test_rows_after_an_insert_are_data_to_the_last_byte() -> None:
    statement = parse(b"INSERT INTO t (a, format) FORMAT Native\n\x00;'\xff\n")
    assert statement.text == b"INSERT INTO t (a, format) "
    assert (statement.format, statement.data) == ("Native", b"\x00;'\xff\n")
    assert statement.count == 1
    assert not statement.returns_rows


def test_values_are_data_too() -> None:
    statement = parse(b"INSERT INTO t SETTINGS a = 1 VALUES (1, ';'), (2, 'b')")
    assert (statement.format, statement.data) == ("Values", b" (1, ';'), (2, 'b')")


def test_settings_of_an_insert_are_separated_from_its_head() -> None:
    statement = parse(b"INSERT INTO settings (settings) SETTINGS a = 1 VALUES (1)")
    assert statement.head == b"INSERT INTO settings (settings) "
    assert statement.settings == b"SETTINGS a = 1 "
    assert parse(b"INSERT INTO t FORMAT CSV\n1").settings == b""


def test_an_insert_from_a_query_has_no_data() -> None:
    statement = parse(b"INSERT INTO t (a) SELECT 1 FORMAT Null")
    assert statement.data is None


def test_statements_are_counted() -> None:
    assert parse(b"-- nothing\n ; ").count == 0
    assert parse(b"SELECT ';';").count == 1
    assert parse(b"SELECT 1; DROP TABLE t").count == 2


@pytest.mark.parametrize(
    "sql",
    [
        b"SELECT 1 INTO OUTFILE '/tmp/x'",
        b"INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
        b"SELECT * FROM file('/etc/passwd', 'LineAsString')",
        b"SELECT `file` ('/etc/passwd')",
        b"SELECT * FROM/**/'/etc/passwd'",
        b"SELECT * FROM default.`/etc/passwd`",
        b"CREATE TABLE t (a String) ENGINE = File(CSV)",
        b"CREATE DATABASE d ENGINE = Filesystem('/etc')",
    ],
)
def test_access_to_files_of_the_machine_is_detected(sql: bytes) -> None:
    assert parse(sql).forbidden


def test_ordinary_statements_access_no_files() -> None:
    sql = b"SELECT 'file(', file, a / b AS `a/b` FROM t WHERE x = '/etc/passwd' AND y = url"
    assert not parse(sql).forbidden
