"""Finds table parts that a full disk broke: their files are shorter than they should be.

When a merge runs out of space, chDB 26.9 replaces the merged parts by an incomplete one,
and notices only when it reads it. The merged parts stay on disk for eight minutes
(`old_parts_lifetime`), and an engine that starts uses them instead of a broken part. So a
gateway that finds a broken part restarts.
"""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Final

from pilotfish.infra.embedded.clickhouse.chdb_engine import LOW_BYTES, Engine
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.request import Request
from pilotfish.infra.embedded.clickhouse.statement import parse

_EVERY_S: Final = 0.2
_WHILE_LOW_S: Final = 1.0
_LONGEST_MERGE_S: Final = 600.0
_DELETED: Final = 2**63

_MADE_SINCE: Final = """
SELECT path, bytes_on_disk FROM system.parts
WHERE active AND modification_time >= fromUnixTimestamp({since})
"""


class DiskWatch:
    """Watches the free space of a folder's disk."""

    def __init__(self, data: Path, engine: Engine) -> None:
        self._data = data
        self._engine = engine
        self._low_since: float | None = None

    async def broken_part(self) -> str:
        """Wait until a full disk has broken a part; return its path."""
        while True:
            low_since = self._low_until_now()
            if low_since is not None:
                broken = await asyncio.to_thread(self._broken, low_since)
                if broken:
                    return broken
            await asyncio.sleep(_EVERY_S if low_since is None else _WHILE_LOW_S)

    def _low_until_now(self) -> float | None:
        """Return when the disk became low, if it is low now or was at the last call."""
        before, disk = self._low_since, os.statvfs(self._data)
        low = disk.f_bavail * disk.f_frsize < LOW_BYTES
        self._low_since = (before or time.time()) if low else None
        return before or self._low_since

    def _broken(self, since: float) -> str:
        """Return the path of a part that is incomplete on disk; empty if none."""
        sql = _MADE_SINCE.format(since=int(since - _LONGEST_MERGE_S))
        request = Request(parse(sql.encode()), format="JSONCompactEachRow")
        try:
            parts = self._engine.run(request).body
        except EngineError:  # busy, or out of memory: the next second tries again
            return ""
        for line in parts.splitlines():
            path, expected = json.loads(line)
            if _size(Path(path)) < int(expected):
                return str(path)
        return ""


def _size(part: Path) -> int:
    """Return the bytes of a part's files; a huge number for a deleted part."""
    try:
        size = sum(file.stat().st_size for file in part.rglob("*") if file.is_file())
    except FileNotFoundError:
        return _DELETED
    return size if part.is_dir() else _DELETED
