"""Tables that come with a query, as files of a form."""

from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData
from support.guarded import guarded_gateway

from pilotfish.infra.embedded.clickhouse.external_tables import ExternalTable
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse

USERS = {"default": "öpen sesame", "readonly": "a look"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedClickHouse]:
    with guarded_gateway(tmp_path_factory.mktemp("external") / "data") as it:
        yield it


def ask(
    gateway: EmbeddedClickHouse, user: str, sql: str, data: ExternalData | None
) -> object:
    with clickhouse_connect.get_client(
        dsn=gateway.url, username=user, password=USERS[user]
    ) as client:
        return client.query(sql, external_data=data).result_rows


@pytest.mark.parametrize("user", USERS)
def test_a_query_joins_a_table_that_came_with_it(
    gateway: EmbeddedClickHouse, user: str
) -> None:
    data = ExternalData(
        file_name="names.csv",
        fmt="CSV",
        structure=["a UInt8", "b Enum8('x' = 1, 'y' = 2)"],
        data=b"1,x\n2,y\n",
    )
    sql = "SELECT t.a, names.b FROM t JOIN names ON t.a = names.a"
    assert ask(gateway, user, sql, data) == [(1, "x")]
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        ask(gateway, user, "SELECT * FROM names", None)


def test_the_rows_of_a_table_are_read_with_the_settings_of_the_request(
    gateway: EmbeddedClickHouse,
) -> None:
    days = ExternalData(
        file_name="days.csv",
        fmt="CSV",
        structure=["at DateTime('UTC')"],
        data=b"2026-01-02T03:04:05+01:00\nno time\n",
    )
    settings = {
        "date_time_input_format": "best_effort",
        "input_format_allow_errors_num": 1,
    }
    with clickhouse_connect.get_client(
        dsn=gateway.url, username="default", password=USERS["default"]
    ) as client:
        sql = "SELECT toString(at) FROM days"
        result = client.query(sql, settings=settings, external_data=days)
    assert result.result_rows == [("2026-01-02 02:04:05",)]


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "column",
    [
        "a String DEFAULT file('PATH')",
        "a String ALIAS `f\\x69le`('PATH')",
        "a String) ENGINE = File(CSV",
        "a String) AS SELECT file('PATH') AS a --",
        "a UInt8); DROP TABLE t; SELECT (1",
    ],
)
def test_columns_hide_no_expression(
    gateway: EmbeddedClickHouse, tmp_path: Path, user: str, column: str
) -> None:
    (tmp_path / "secret").write_text("a secret")
    structure = [column.replace("PATH", str(tmp_path / "secret"))]
    data = ExternalData(file_name="x.csv", fmt="CSV", structure=structure, data=b"\n")
    with pytest.raises(DatabaseError, match="BAD_ARGUMENTS") as raised:
        ask(gateway, user, "SELECT * FROM x", data)
    assert "a secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("columns", "form", "suspicious"),
    [
        ("a UInt8, b Array(Tuple(x String, y Nullable(Float64)))", "TSV", False),
        ("a DateTime64(3, 'UTC'), `b c` Map(String, UInt8)", "Native", False),
        ("a UInt8", "Values", True),
        ("a UInt8", "CSV SETTINGS x = 1", True),
        ("a UInt8 MATERIALIZED 1", "CSV", True),
        ("(a UInt8", "CSV", True),
    ],
)
def test_columns_are_names_and_types(columns: str, form: str, suspicious: bool) -> None:
    assert ExternalTable("t", columns, form, b"").suspicious == suspicious
