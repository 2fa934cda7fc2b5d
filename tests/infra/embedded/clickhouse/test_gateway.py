import gzip
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from support.gateway_http import ask
from support.polling import eventually, in_time
from support.small_disk import full, small_disk

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError, UnavailableError


@pytest.fixture
def client(gateway: EmbeddedClickHouse) -> Iterator[Client]:
    with connect(gateway) as it:
        yield it


def connect(gateway: EmbeddedClickHouse) -> Client:
    return clickhouse_connect.get_client(dsn=gateway.url, autogenerate_session_id=False)


def curl(*arguments: str) -> str:
    command = ["curl", "-sS", "--noproxy", "*", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_client_inserts_and_reads_typed_rows(client: Client) -> None:
    client.command(
        "CREATE TABLE typed (a UInt64, at DateTime64(6, 'UTC'), n Nullable(Float64),"
        " m Map(UInt32, UInt64), l Array(Tuple(x String, y Float64)))"
        " ENGINE = MergeTree ORDER BY a"
    )
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    rows = [(1, at, None, {3: 4}, [("é';\\", 0.5)]), (2**64 - 1, at, 1.5, {}, [])]
    summary = client.insert("typed", rows, ["a", "at", "n", "m", "l"])
    assert summary.written_rows == 2
    result = client.query(
        "SELECT a, n, m, l.x FROM typed WHERE a IN {ids:Array(UInt64)} ORDER BY a",
        parameters={"ids": [1, 2**64 - 1]},
    )
    assert result.result_rows == [
        (1, None, {3: 4}, ["é';\\"]),
        (2**64 - 1, 1.5, {}, []),
    ]


def test_a_client_streams_many_rows(client: Client) -> None:
    with client.query_row_block_stream(
        "SELECT number, toString(number) FROM numbers(200000)"
    ) as blocks:
        assert sum(row[0] for block in blocks for row in block) == 19999900000


@pytest.mark.parametrize("method", ["lz4", "zstd", "gzip"])
def test_a_client_compresses_both_ways(
    gateway: EmbeddedClickHouse, client: Client, method: str
) -> None:
    client.command(f"CREATE TABLE packed_{method} (a String) ENGINE = Memory")
    with clickhouse_connect.get_client(
        dsn=gateway.url, autogenerate_session_id=False, compress=method
    ) as packing:
        packing.insert(f"packed_{method}", [["x" * 100]] * 1000, ["a"])
        result = packing.query(f"SELECT a FROM packed_{method}")
    assert result.result_rows == [("x" * 100,)] * 1000


@pytest.mark.parametrize(
    "value", ["", "it's", "tab\tline\nback\\slash", "émoji 🐟", "%'{"]
)
def test_parameters_arrive_as_they_were_sent(client: Client, value: str) -> None:
    result = client.query("SELECT {v:String}", parameters={"v": value})
    assert result.result_rows == [(value,)]


def test_more_parameters_than_fit_into_an_address(client: Client) -> None:
    ids = [f"attempt-{number}" for number in range(100_000)]
    result = client.query("SELECT length({v:Array(String)})", parameters={"v": ids})
    assert result.result_rows == [(100_000,)]


def test_settings_end_with_their_request(gateway: EmbeddedClickHouse) -> None:
    query = "/?query=SELECT+getSetting('max_block_size')"
    assert ask(gateway, query + "&max_block_size=77").text == "77\n"
    assert ask(gateway, query).text != "77\n"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("TabSeparated", "1\ta\n", "text/tab-separated-values"),
        ("CSV", '1,"a"\n', "text/csv"),
        ("JSONEachRow", '{"x":1,"y":"a"}\n', "application/x-ndjson"),
        ("Vertical", "Row 1:\n──────\nx: 1\ny: a\n", "text/plain"),
    ],
)
def test_formats(gateway: EmbeddedClickHouse, name: str, text: str, kind: str) -> None:
    query = "/?query=SELECT+1+AS+x,+'a'+AS+y"
    for path in (f"{query}&default_format={name}", f"{query}+FORMAT+{name}"):
        answer = ask(gateway, path)
        assert (answer.status, answer.text) == (200, text)
        assert answer.headers["X-ClickHouse-Format"] == name
        assert answer.headers["Content-Type"].startswith(kind)


def test_headers_describe_the_statement(gateway: EmbeddedClickHouse) -> None:
    answer = ask(gateway, "/?query_id=mine", b"SELECT sum(number) FROM numbers(10)")
    assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
    assert answer.headers["X-ClickHouse-Timezone"]
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["read_rows"] == "10"


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELECT * FROM nowhere", 404, 60),
        ("SELEC 1", 400, 62),
        ("1 + 1", 400, 62),
        ("SELECT 1; SELECT 2", 400, 62),
        ("-- nothing", 400, 62),
        ("SELECT throwIf(1)", 500, 395),
        ("SELECT 1 FORMAT Nonsense", 404, 73),
        ("SELECT 1 SETTINGS nonsense = 1", 404, 115),
        ("SELECT count() FROM numbers(1e12) SETTINGS max_execution_time = 1", 408, 159),
        ("SELECT * FROM url('http://127.0.0.1:1', 'CSV')", 500, 497),
        ("SELECT * FROM file('/etc/passwd', 'CSV')", 500, 497),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", 500, 497),
    ],
)
def test_errors_are_clickhouse_s(
    gateway: EmbeddedClickHouse, sql: str, status: int, code: int
) -> None:
    answer = ask(gateway, body=sql.encode())
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (
        status,
        str(code),
    )
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/?session_id=a&session_check=1&query=SELECT+1", 500, "Code: 372"),
        ("/?session_id=a&session_timeout=x&query=SELECT+1", 500, "Code: 374"),
        ("/?session_id=a&session_timeout=3601&query=SELECT+1", 500, "Code: 374"),
        ("/?database=nowhere&query=SELECT+1", 404, "nowhere"),
        ("/?nonsense=1&query=SELECT+1", 404, "nonsense"),
        ("/?a'b=1&query=SELECT+1", 404, "a'b"),
        ("/?query=CREATE+TABLE+g+(a+UInt8)+ENGINE=Memory", 500, "use POST"),
        ("/?query=SELECT+{a:UInt8}", 500, "456"),
        ("/?user=nobody&query=SELECT+1", 403, "Code: 516"),
    ],
)
def test_an_unsupported_request_is_refused_clearly(
    gateway: EmbeddedClickHouse, path: str, status: int, words: str
) -> None:
    answer = ask(gateway, path)
    assert answer.status == status
    assert words in answer.text


def test_requests_of_web_pages_are_refused(gateway: EmbeddedClickHouse) -> None:
    others: list[dict[str, Any]] = [
        {"Origin": "https://evil.example"},
        {"Host": "evil.example:80"},
    ]
    for headers in others:
        assert "497" in ask(gateway, body=b"SELECT 1", **headers).text
    assert ask(gateway, body=b"SELECT 1", Origin="http://localhost:1").text == "1\n"


def test_curl(gateway: EmbeddedClickHouse) -> None:
    url = gateway.url
    assert curl(f"{url}/ping") == "Ok.\n"
    assert curl("--head", url).startswith("HTTP/1.1 200 OK")
    assert curl(f"{url}/?query=SELECT%201") == "1\n"
    assert curl(url, "--data-binary", "SELECT 'é'") == "é\n"
    curl(url, "-d", "CREATE TABLE curled (a UInt8, b String) ENGINE = Memory")
    rows = '{"a":1,"b":"x;y"}\n{"a":2,"b":"z"}'
    insert = f"{url}/?query=INSERT%20INTO%20curled%20FORMAT%20JSONEachRow"
    curl(insert, "-H", "Transfer-Encoding: chunked", "--data-binary", rows)
    curl(url, "-d", "INSERT INTO curled VALUES (3, 'v')")
    compressed = f"{url}/?enable_http_compression=1&param_a=2"
    query = "SELECT a, b FROM curled WHERE a != {a:UInt8} ORDER BY a FORMAT CSV"
    assert curl("--compressed", compressed, "-d", query) == '1,"x;y"\n3,"v"\n'
    assert "UNKNOWN_TABLE" in curl(url, "-d", "SELECT * FROM nowhere")


def test_chunked_and_compressed_bodies(gateway: EmbeddedClickHouse) -> None:
    packed = gzip.compress(b"SELECT 42")
    pieces = (packed[at : at + 5] for at in range(0, len(packed), 5))
    assert ask(gateway, body=pieces, Content_Encoding="gzip").text == "42\n"
    answer = ask(gateway, body=b"SELECT 42", Content_Encoding="br")
    assert "UNKNOWN_COMPRESSION_METHOD" in answer.text
    answer = ask(gateway, body=packed[:-6], Content_Encoding="gzip")
    assert "CANNOT_DECOMPRESS" in answer.text


def test_a_literal_need_not_be_utf_8(gateway: EmbeddedClickHouse) -> None:
    answer = ask(gateway, body=b"SELECT '\xff\xfe' FORMAT RawBLOB")
    assert (answer.status, answer.raw) == (200, b"\xff\xfe")
    cleared = ask(gateway, body=b"SELECT trim(LEADING '/' FROM '/\xff') FORMAT RawBLOB")
    assert cleared.raw == b"\xff"
    assert "Code: 62." in ask(gateway, body=b"SELECT \xff").text


def test_an_insert_is_one_part_or_none(
    gateway: EmbeddedClickHouse, client: Client
) -> None:
    client.command("CREATE TABLE one_part (a UInt64) ENGINE = MergeTree ORDER BY a")
    client.insert("one_part", [[number] for number in range(20_000)], ["a"])
    rows = b"".join(b"%d\n" % number for number in range(1_200_000))
    insert = "/?query=INSERT+INTO+one_part+FORMAT+TSV"
    assert ask(gateway, insert, rows).status == 200
    assert ask(gateway, insert, rows + b"not a number\n").status == 400
    result = client.query(
        "SELECT rows FROM system.parts WHERE table = 'one_part' AND active ORDER BY 1"
    )
    assert result.result_rows == [(20_000,), (1_200_000,)]


def test_a_repeated_insert_with_the_same_token_is_stored_once(client: Client) -> None:
    client.command(
        "CREATE TABLE once (a UInt64) ENGINE = MergeTree ORDER BY a"
        " SETTINGS non_replicated_deduplication_window = 100"
    )
    for _ in range(2):
        client.insert(
            "once", [[1]], ["a"], settings={"insert_deduplication_token": "t"}
        )
    assert client.query("SELECT count() FROM once").result_rows == [(1,)]


def test_a_slow_statement_holds_up_no_other(gateway: EmbeddedClickHouse) -> None:
    def beside_s() -> float:
        slow = threading.Thread(target=ask, args=(gateway, "/", b"SELECT sleep(2)"))
        slow.start()
        began = time.monotonic()
        assert ask(gateway, body=b"SELECT 1").text == "1\n"
        took_s = time.monotonic() - began
        slow.join()
        return took_s

    in_time(1.5, beside_s)


def test_concurrent_requests_do_not_mix(gateway: EmbeddedClickHouse) -> None:
    wrong = []

    def work(number: int) -> None:
        for _ in range(20):
            path = f"/?max_block_size={number}&param_n={number}"
            sql = b"SELECT {n:UInt32}, getSetting('max_block_size')"
            if ask(gateway, path, sql).text != f"{number}\t{number}\n":
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_killed_while_inserting_keeps_whole_batches(tmp_path: Path) -> None:
    gateway = EmbeddedClickHouse(tmp_path, free_ports(1)[0])
    gateway.start()
    with connect(gateway) as client:
        client.command(
            "CREATE TABLE b (n UInt64, i UInt64) ENGINE = MergeTree ORDER BY n"
        )
    acknowledged: set[int] = set()
    for cycle in range(4):
        first = cycle * 1_000_000
        thread = threading.Thread(
            target=insert_until_the_gateway_dies, args=(gateway, first, acknowledged)
        )
        thread.start()
        enough = first + 2 + cycle
        eventually(lambda last=enough: last in acknowledged, every_s=0.003)
        gateway.kill()
        thread.join()
        gateway.start()
    with connect(gateway) as client:
        counts = client.query("SELECT n, count() FROM b GROUP BY n").result_rows
    gateway.stop()
    assert {count for _, count in counts} == {20_000}
    assert acknowledged <= {n for n, _ in counts}
    assert len(counts) <= len(acknowledged) + 4


def insert_until_the_gateway_dies(
    gateway: EmbeddedClickHouse, first: int, acknowledged: set[int]
) -> None:
    with connect(gateway) as client:
        for n in itertools.count(first):
            try:
                client.insert("b", [(n, i) for i in range(20_000)], ["n", "i"])
            except ClickHouseError:
                return
            acknowledged.add(n)


@pytest.mark.parametrize("left", [0, 80])
def test_an_insert_is_refused_on_a_full_disk_and_succeeds_later(
    tmp_path: Path, left: int
) -> None:
    with (
        small_disk(tmp_path / "disk", 200) as disk,
        EmbeddedClickHouse(disk / "clickhouse", free_ports(1)[0]) as gateway,
    ):
        clickhouse = ClickHouse(Settings(clickhouse=gateway.url))
        clickhouse.command(
            "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n "
            "SETTINGS non_replicated_deduplication_window = 10"
        )
        block = clickhouse.block("t", ["n"], [(n,) for n in range(1000)], "a token")
        refused = pytest.raises(UnavailableError, match="NOT_ENOUGH_SPACE")
        with full(disk, left), refused:
            clickhouse.insert_block(block)
        for _ in range(2):
            clickhouse.insert_block(block)
        assert clickhouse.query("SELECT count() FROM t") == [(1000,)]


def test_a_folder_and_a_port_have_one_process(
    gateway: EmbeddedClickHouse, tmp_path: Path
) -> None:
    data = Path(
        ask(gateway, body=b"SELECT path FROM system.disks LIMIT 1").text.strip()
    ).parent
    with pytest.raises(RequirementError, match="has ClickHouse's folder"):
        EmbeddedClickHouse(data, free_ports(1)[0]).start()
    port = int(gateway.url.rpartition(":")[2])
    with pytest.raises(RequirementError, match=f"port {port} .* in use"):
        EmbeddedClickHouse(tmp_path, port).start()


def test_the_gateway_stops_within_three_seconds_whatever_runs(tmp_path: Path) -> None:
    def stopping_s() -> float:
        gateway = EmbeddedClickHouse(tmp_path, free_ports(1)[0])
        gateway.start()
        endless = b"SELECT count() FROM numbers(1e14)"
        running = subprocess.Popen(["curl", "-sS", gateway.url, "-d", endless])
        eventually(
            lambda: (
                b"1e14" in ask(gateway, body=b"SELECT query FROM system.processes").raw
            )
        )
        began = time.monotonic()
        gateway.stop()
        took_s = time.monotonic() - began
        running.wait()
        return took_s

    in_time(3, stopping_s)


def test_importing_the_launcher_does_not_load_the_engine() -> None:
    code = "import sys, pilotfish.infra.embedded.clickhouse.gateway; print('chdb' in sys.modules)"
    imported = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert imported.stdout == "False\n"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(RequirementError, match=r"^ClickHouse cannot use \S+: .*lock'$"):
        EmbeddedClickHouse(tmp_path, free_ports(1)[0]).start()
