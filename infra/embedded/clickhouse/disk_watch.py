"""What a full disk leaves behind: parts of a table whose files are empty.

chDB 26.9 merges on where a write finds no room, puts what it could not write in the place
of what it merged, and notices when it reads. The merged parts stay on disk for eight
minutes (`old_parts_lifetime`), and an engine that starts takes them instead of a broken
one. So a gateway that finds one begins anew.
"""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Final

from pilotfish.infra.embedded.clickhouse.chdb_engine import (
    LOW_BYTES,
    Engine,
    EngineError,
    Request,
)
from pilotfish.infra.embedded.clickhouse.statement import parse

_EVERY_S: Final = 0.2
_WHILE_LOW_S: Final = 1.0
_LONGEST_MERGE_S: Final = 600.0
_GONE: Final = 2**63

_MADE_SINCE: Final = """
SELECT path, bytes_on_disk FROM system.parts
WHERE active AND modification_time >= fromUnixTimestamp({since})
"""


class DiskWatch:
    """Watches the disk that a folder lies on."""

    def __init__(self, data: Path, engine: Engine) -> None:
        self._data = data
        self._engine = engine
        self._low_since: float | None = None

    async def broken_part(self) -> str:
        """Wait until a full disk has broken a part; return its path."""
        while True:
            since = self._look()
            if since is not None:
                broken = await asyncio.to_thread(self._broken, since)
                if broken:
                    return broken
            await asyncio.sleep(_EVERY_S if since is None else _WHILE_LOW_S)

    def _look(self) -> float | None:
        """Return since when the disk is low, or was until now; None if it was not."""
        before, disk = self._low_since, os.statvfs(self._data)
        low = disk.f_bavail * disk.f_frsize < LOW_BYTES
        self._low_since = (before or time.time()) if low else None
        return before or self._low_since

    def _broken(self, since: float) -> str:
        """Return the path of a part that has less on disk than it should; empty if none."""
        sql = _MADE_SINCE.format(since=int(since - _LONGEST_MERGE_S))
        asked = Request(parse(sql.encode()), format="JSONCompactEachRow")
        try:
            found = self._engine.run(asked).body
        except EngineError:  # busy, or out of memory: asked again in a second
            return ""
        for line in found.splitlines():
            path, expected = json.loads(line)
            if _size(Path(path)) < int(expected):
                return str(path)
        return ""


def _size(part: Path) -> int:
    """Return the bytes of a part's files; of one that is gone, more than any has."""
    try:
        size = sum(file.stat().st_size for file in part.rglob("*") if file.is_file())
    except FileNotFoundError:
        return _GONE
    return size if part.is_dir() else _GONE
