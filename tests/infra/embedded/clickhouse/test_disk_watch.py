"""Parts whose files are empty, as a merge on a full disk leaves them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.polling import eventually
from support.small_disk import full, small_disk

from pilotfish.infra.embedded.clickhouse import disk_watch
from pilotfish.infra.embedded.clickhouse.disk_watch import DiskWatch
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.clickhouse.request import Answer, Request
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError

TABLE = """
CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n
SETTINGS min_bytes_for_wide_part = 0
"""


def answer(settings: Settings, sql: str) -> object:
    try:
        return ClickHouse(settings).query(sql)
    except UnavailableError as error:
        return error


def test_a_broken_part_is_replaced_by_the_parts_it_was_merged_from(
    tmp_path: Path,
) -> None:
    with (
        small_disk(tmp_path / "disk", 200) as disk,
        EmbeddedClickHouse(disk / "clickhouse", free_ports(1)[0]) as gateway,
    ):
        settings, pid = Settings(clickhouse=gateway.url), gateway.pid
        clickhouse = ClickHouse(settings)
        clickhouse.command(TABLE)
        for begin in range(0, 3000, 1000):
            rows = [(n,) for n in range(begin, begin + 1000)]
            clickhouse.insert("t", ["n"], rows)
        clickhouse.command("OPTIMIZE TABLE t FINAL")
        [(path,)] = clickhouse.query(
            "SELECT path FROM system.parts WHERE active AND table = 't'"
        )
        for file in Path(path).iterdir():
            file.write_bytes(b"")
        reasons = "SELECT reason FROM system.detached_parts"
        with full(disk, but_megabytes=80):
            eventually(lambda: answer(settings, reasons), [("broken-on-start",)])
        assert clickhouse.query("SELECT uniqExact(n) FROM t") == [(3000,)]
        assert gateway.pid == pid


class Parts:
    """An engine with one part, of this many bytes."""

    def __init__(self, part: Path, size: int) -> None:
        self._line = json.dumps([str(part), str(size)])

    def run(self, _: Request) -> Answer:
        return Answer(self._line.encode())


@pytest.mark.parametrize(
    ("on_disk", "low", "broken"),
    [
        (b"12", 2**63, True),
        (b"123", 2**63, False),
        (b"", 0, False),
        (None, 2**63, False),
    ],
    ids=["too short", "whole", "there is room", "merged away meanwhile"],
)
def test_a_part_is_broken_if_it_is_too_short_while_the_disk_is_low(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    on_disk: bytes | None,
    low: int,
    broken: bool,
) -> None:
    part = tmp_path / "all_1_2_1"
    if on_disk is not None:
        (part / "p.proj").mkdir(parents=True)
        (part / "p.proj" / "n.bin").write_bytes(on_disk)
    monkeypatch.setattr(disk_watch, "LOW_BYTES", low)
    engine: Any = Parts(part, 3)
    watching = asyncio.wait_for(DiskWatch(tmp_path, engine).broken_part(), 0.5)
    if broken:
        assert asyncio.run(watching) == str(part)
    else:
        with pytest.raises(TimeoutError):
            asyncio.run(watching)
