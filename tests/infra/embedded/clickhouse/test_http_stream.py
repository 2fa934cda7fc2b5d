"""Rows are sent while the engine makes them, and an error between them is told."""

import json
import zlib

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import StreamFailureError
from support.gateway_http import ask, begin, unchunked, until_closed

from pilotfish.infra.embedded.clickhouse.compressed_blocks import (
    BlockCompressor,
    decompress_blocks,
)
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse

FAILS = "SELECT number, throwIf(number = 3000000) FROM numbers(10000000)"
FORMATS = [
    "TabSeparated",
    "TabSeparatedWithNamesAndTypes",
    "CSVWithNames",
    "JSON",
    "JSONEachRow",
    "Native",
    "RowBinaryWithNamesAndTypes",
    "Parquet",
    "ArrowStream",
    "Pretty",
    "Null",
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT number, toString(number) AS s FROM numbers(300000) FORMAT {}",
        "SELECT number FROM numbers(3) WHERE 0 FORMAT {} SETTINGS max_threads = 1; -- end",
        "WITH 1 AS x SELECT x, 'FORMAT CSV' SETTINGS max_threads = 1 FORMAT {}",
        "(SELECT 1 AS format) UNION ALL (SELECT 2) FORMAT {}",
        "SELECT format FROM (SELECT 1 AS format) ORDER BY format DESC FORMAT {}",
    ],
)
def test_streamed_rows_are_those_of_the_whole_answer(
    gateway: EmbeddedClickHouse, sql: str, form: str
) -> None:
    query = sql.format(form).encode()
    settings = "output_format_parallel_formatting=0&max_threads=1"
    streamed = ask(gateway, f"/?{settings}", query)
    whole = ask(gateway, f"/?{settings}&wait_end_of_query=1", query)
    assert (streamed.status, streamed.headers["X-ClickHouse-Format"]) == (200, form)
    if form == "JSON":
        rows, wanted = json.loads(streamed.raw), json.loads(whole.raw)
        assert rows.pop("statistics")
        assert wanted.pop("statistics")
        assert rows == wanted
    elif form != "Parquet":
        assert streamed.raw == whole.raw
    assert int(json.loads(whole.headers["X-ClickHouse-Summary"])["result_bytes"]) == (
        len(whole.raw)
    )


def test_an_early_error_has_a_status_and_a_late_one_follows_the_rows(
    gateway: EmbeddedClickHouse,
) -> None:
    early = ask(gateway, body=b"SELECT throwIf(number = 9) FROM numbers(10)")
    assert (early.status, early.headers["X-ClickHouse-Exception-Code"]) == (500, "395")
    with begin(gateway, FAILS) as connection:
        head, _, body = until_closed(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    tag = head.split(b"X-ClickHouse-Exception-Tag: ")[1].split(b"\r\n")[0]
    assert body.count(b"__exception__\r\n") == 2
    message = body.split(b"__exception__\r\n" + tag + b"\r\n")[1]
    text, _, rest = message.partition(b"\n")
    assert text.startswith(b"Code: 395. DB::Exception: ")
    assert rest.startswith(b"%d %s\r\n__exception__\r\n" % (len(text) + 1, tag))
    assert not body.endswith(b"0\r\n\r\n")


def test_a_late_error_is_compressed_as_the_rows_are(
    gateway: EmbeddedClickHouse,
) -> None:
    with begin(gateway, FAILS, "gzip", enable_http_compression="1") as connection:
        head, _, body = until_closed(connection).partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    rows = zlib.decompress(unchunked(body), wbits=31)
    assert b"\r\n__exception__\r\n" in rows
    assert b"Code: 395. DB::Exception: " in rows


def test_waiting_for_the_end_gives_a_late_error_its_status(
    gateway: EmbeddedClickHouse,
) -> None:
    answer = ask(gateway, "/?wait_end_of_query=1", FAILS.encode())
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (
        500,
        "395",
    )


def test_clickhouse_connect_reports_a_late_error(gateway: EmbeddedClickHouse) -> None:
    with (
        clickhouse_connect.get_client(
            dsn=gateway.url, autogenerate_session_id=False, compress=False
        ) as client,
        pytest.raises(StreamFailureError, match="395"),
        client.query_row_block_stream(FAILS) as blocks,
    ):
        assert sum(1 for _ in blocks)


@pytest.mark.parametrize("sql", ["SELEC 1", "SELECT 1 FRM t", "SELECT (1"])
def test_a_syntax_error_names_only_what_was_sent(
    gateway: EmbeddedClickHouse, sql: str
) -> None:
    text = ask(gateway, body=sql.encode()).text
    assert text.startswith("Code: 62. ")
    assert "/proc/" not in text


def test_a_stream_is_compressed_piece_by_piece(gateway: EmbeddedClickHouse) -> None:
    sql = b"SELECT number FROM numbers(1000000)"
    packed = ask(gateway, "/?enable_http_compression=1", sql, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    rows = zlib.decompress(packed.raw, wbits=31)
    assert rows == b"".join(b"%d\n" % number for number in range(1_000_000))


@pytest.mark.parametrize("count", [3, 1_000_000])
def test_rows_and_bodies_travel_in_clickhouse_s_own_blocks(
    gateway: EmbeddedClickHouse, count: int
) -> None:
    sql = BlockCompressor().compress(b"SELECT number FROM numbers(%d)" % count)
    answer = ask(gateway, "/?compress=1&decompress=1", sql)
    rows = decompress_blocks(answer.raw, 10_000_000)
    assert rows == b"".join(b"%d\n" % number for number in range(count))
    broken = ask(gateway, "/?decompress=1", sql[:-1])
    assert broken.headers["X-ClickHouse-Exception-Code"] == "271"


def test_native_blocks_have_the_form_of_the_client_s_version(
    gateway: EmbeddedClickHouse,
) -> None:
    sql = b"SELECT number, toString(number) AS s FROM numbers(200000) FORMAT Native"
    query = "SELECT count(), sum(number), countIf(s != toString(number)) FROM n"
    plain = ask(gateway, body=sql)
    ask(gateway, body=b"CREATE TABLE n (number UInt64, s String) ENGINE = Memory")
    insert = "/?query=INSERT+INTO+n+FORMAT+Native"
    assert ask(gateway, insert, plain.raw).status == 200
    assert ask(gateway, body=query.encode()).text == "200000\t19999900000\t0\n"
    newer = ask(gateway, "/?client_protocol_version=54460&max_block_size=1000", sql)
    assert newer.raw[:11] == b"\1\0\2\xff\xff\xff\xff\0\2\xe8\7"
    assert len(newer.raw) > len(plain.raw) + 200 * 10
    unknown = "SELECT sumState(number) FROM numbers(3) FORMAT Native"
    refused = ask(gateway, "/?client_protocol_version=54460", unknown.encode())
    assert (refused.status, refused.text[:10]) == (501, "Code: 48. ")


def test_a_late_error_follows_native_blocks(gateway: EmbeddedClickHouse) -> None:
    sql = f"{FAILS} FORMAT Native"
    with begin(gateway, sql, client_protocol_version="54460") as connection:
        body = until_closed(connection)
    assert body.count(b"__exception__\r\n") == 2
    assert b"Code: 395. DB::Exception: " in body


@pytest.mark.parametrize("packing", ["compress", "enable_http_compression"])
def test_an_early_error_is_packed_as_rows_are(
    gateway: EmbeddedClickHouse, packing: str
) -> None:
    answer = ask(gateway, f"/?{packing}=1", b"SELEC 1", Accept_Encoding="gzip")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "62"
    if packing == "compress":
        text = decompress_blocks(answer.raw, 10_000)
    else:
        assert answer.headers["Content-Encoding"] == "gzip"
        text = zlib.decompress(answer.raw, wbits=31)
    assert text.startswith(b"Code: 62. DB::Exception: ")
