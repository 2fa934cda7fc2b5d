"""Memory of `pilotfish up` at rest: all its processes, 20 s after it reports it is up.

Run: `python benchmarks/memory.py`; prints JSON in GB (10^9 bytes). Counts PSS, which
divides a page among the processes that share it, so the sum is the memory really used.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from pilotfish.runtime.settings import Settings

KAFKA_PORT, CLICKHOUSE_PORT = 29692, 28623
UP_WITHIN_S = 240
REST_S = 20


@contextmanager
def platform(settings: Settings, log: Path) -> Iterator[psutil.Process]:
    """Run `pilotfish up` for the block; enter it when the platform is up."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pilotfish", "up"],
            env={**os.environ, **settings.environment(), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=out,
        )
    try:
        give_up = time.monotonic() + UP_WITHIN_S
        while b"pilotfish is up" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > give_up:
                raise SystemExit(log.read_text(errors="replace")[-2000:])
            time.sleep(0.2)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def pss_by_process(root: psutil.Process) -> dict[str, float]:
    """Return GB by the process's program and id."""
    sizes = {}
    for process in (root, *root.children(recursive=True)):
        words = [word for word in process.cmdline() if not word.startswith("-")]
        name = " ".join(Path(word).name for word in words[1:3]) or process.name()
        sizes[f"{name} ({process.pid})"] = process.memory_full_info().pss / 1e9
    return sizes


def main() -> None:
    """Start the platform, wait, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            home=Path(folder),
            kafka=f"127.0.0.1:{KAFKA_PORT}",
            clickhouse=f"http://127.0.0.1:{CLICKHOUSE_PORT}",
        )
        with platform(settings, Path(folder) / "up.log") as root:
            time.sleep(REST_S)
            parts = pss_by_process(root)
    total = round(sum(parts.values()), 3)
    rounded = {name: round(gb, 3) for name, gb in sorted(parts.items())}
    print(json.dumps({"idle_gb": total, "processes": rounded}))


if __name__ == "__main__":
    main()
