"""Native blocks of every type get the head of later versions, wherever they are cut."""

import random
import time

import pytest
from support.gateway_http import ask

from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.clickhouse.native_blocks import NativeBlocks

INFO = b"\1\0\2\xff\xff\xff\xff\0"
COLUMNS = [
    "number",
    "toString(number)",
    "repeat('x', 300 + number)",
    "toLowCardinality(toString(number % 3))",
    "toLowCardinality(if(number % 2, NULL, 'a'))",
    "if(number % 2, NULL, number)",
    "if(number % 2, NULL, toString(number))",
    "range(number % 4)",
    "arrayMap(x -> toLowCardinality(toString(x)), range(number % 4))",
    "[[1, 2], [], [number]]",
    "CAST([], 'Array(String)')",
    "map('k', number, toString(number), 1)",
    "map(toLowCardinality('k'), [number])",
    "(number, 'a', [toString(number)])",
    "CAST((1, 'x'), 'Tuple(a UInt8, b LowCardinality(String))')",
    "CAST([(1, 'x')], 'Nested(a UInt8, b String)')",
    "toDecimal128(number, 3)",
    "toDateTime64(number, 3, 'UTC')",
    "toFixedString('abc', 7)",
    "toUUID('00000000-0000-0000-0000-000000000001')",
    "toIPv6('::1')",
    "CAST('b', 'Enum16(\\'a\\' = 1, \\'b\\' = 2)')",
    "(1.5, 2.5)::Point",
    "[[(1., 2.)], [(3., 4.), (5., 6.)]]::Polygon",
    "NULL",
    "[]",
    'concat(\'{"a": \', toString(number), \', "b": {"c": [1, "x"]}}\')::JSON',
    '\'{"a": 1, "b": 2, "c": "x"}\'::JSON(max_dynamic_paths = 1, a UInt8)',
    'if(number % 2, NULL, \'{"a": [{"b": 1}]}\')::Nullable(JSON)',
    "['{}', '{\"a\": 1}']::Array(JSON)",
    "if(number % 2, number::Dynamic, ('x' || number)::Dynamic)",
    "[number::Dynamic, 'x'::Dynamic]",
    "if(number % 3, number::Variant(UInt64, Array(String)), ['a', 'b']::Variant(UInt64, Array(String)))",
    "NULL::Variant(UInt8, LowCardinality(String))",
    "map('k', number::Variant(UInt64, UUID))",
    "tuple(number::Dynamic(max_types = 1), '{\"a\": 1}'::JSON)",
    "toDate(number)::Dynamic",
    "(toDateTime64(number, 3) + toIntervalYear(9000 * (number % 2)))::Dynamic",
    "toLowCardinality('x' || number)::Variant(LowCardinality(String), DateTime('UTC'))",
    "'x'::FixedString(3)::Dynamic",
    'concat(\'{"at": "2026-01-02 03:04:05", "day": "2026-01-0\', toString(1 + number % 9), \'"}\')::JSON',
    '\'{"a": {"b": "2026-01-02"}, "c": true}\'::JSON(a.b Date, c LowCardinality(Nullable(String)), SKIP d)',
    "concat('{\"k', toString(number), '\": ', toString(number), '}')::JSON(max_dynamic_paths = 2)",
    "[tuple(1.5::Decimal(9, 2)::Dynamic, toIPv4('1.2.3.4')::Dynamic)]",
    "(unhex('ff80'), if(number % 2, unhex('fe'), 1::Dynamic)::Dynamic)",
]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_block_and_column_is_found(
    gateway: EmbeddedClickHouse, column: str
) -> None:
    sql = f"SELECT {column} AS a, 'end' AS z FROM numbers(70)"
    sql += " SETTINGS max_block_size = 20, max_threads = 1 FORMAT Native"
    plain = ask(gateway, body=sql.encode()).raw
    blocks, out, at = NativeBlocks(54460), b"", 0
    pieces = random.Random(1)
    while at < len(plain):
        size = pieces.randrange(1, 200)
        out += blocks.compress(plain[at : at + size])
        at += size
    out += blocks.flush()
    count = plain.count(b"\1z\6String")
    assert count == 4
    assert out.count(b"\1z\6String\0\3end") == out.count(INFO) == count
    assert len(out) == len(plain) + count * (len(INFO) + 2)
    assert (
        out.replace(INFO, b"").replace(b"\1z\6String\0", b"\1z\6String")[:2]
        == (plain[:2])
    )


def test_a_type_that_cannot_be_walked_through_is_refused(
    gateway: EmbeddedClickHouse,
) -> None:
    plain = ask(gateway, body=b"SELECT sumState(1) AS s FORMAT Native").raw
    with pytest.raises(EngineError, match="client_protocol_version"):
        NativeBlocks(54460).compress(plain)


def test_an_old_version_gets_the_blocks_as_they_are(
    gateway: EmbeddedClickHouse,
) -> None:
    plain = ask(gateway, body=b"SELECT number FROM numbers(9) FORMAT Native").raw
    blocks = NativeBlocks(1)
    assert blocks.compress(plain) + blocks.flush() == plain


def test_many_blocks_in_one_piece_take_no_time_that_grows_with_their_square(
    gateway: EmbeddedClickHouse,
) -> None:
    sql = b"SELECT number, repeat('x', 400) FROM numbers(20) FORMAT Native"
    block, count = ask(gateway, body=sql).raw, 3000

    def seconds(pieces: list[bytes]) -> float:
        blocks, begun = NativeBlocks(54460), time.process_time()
        out = b"".join([*map(blocks.compress, pieces), blocks.flush()])
        assert out.count(INFO) == count
        return time.process_time() - begun

    assert seconds([block * count]) < 10 * seconds([block] * count)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT {} FORMAT Native",
        "SELECT {} -- FORMAT Native",
        "WITH 1 AS x SELECT {} FROM numbers(3) SETTINGS max_threads = 1 FORMAT Native",
        "(SELECT {}) UNION ALL (SELECT {}) FORMAT Native",
        "SELECT {} FROM numbers(400000) FORMAT Native SETTINGS max_block_size = 100000",
    ],
)
def test_a_time_keeps_its_zone_since_the_version_that_names_it(
    gateway: EmbeddedClickHouse, sql: str
) -> None:
    zone = "Asia/Shanghai"
    columns = f"1 AS n, toDateTime(1676369730, '{zone}') AS at, toDateTime(0) AS plain"
    query = sql.format(columns, columns).encode()
    old, new = (
        ask(gateway, f"/?default_format=Native&client_protocol_version={v}", query).raw
        for v in (54336, 54337)
    )
    assert zone.encode() not in old
    blocks = old.count(b"\2at\x08DateTime")
    assert new.count(f"\2at\x19DateTime('{zone}')".encode()) == blocks > 0
    assert new.count(b"\5plain\x08DateTime") == blocks


def test_a_time_in_a_session_and_with_a_parameter_keeps_its_zone(
    gateway: EmbeddedClickHouse,
) -> None:
    path = "/?session_id=zones&client_protocol_version=54460&param_at=1&database=system"
    sql = b"SELECT toDateTime({at:UInt32}, 'UTC') AS at FROM one FORMAT Native"
    assert b"DateTime('UTC')" in ask(gateway, path, sql).raw
