"""The cost of an SDK call to the agent: python benchmarks/sdk.py.

20,000 actions of 600 bytes at 2,000/s against a live embedded Kafka, each call timed in
the agent's thread while the publisher's thread works in parallel. Then huge objects, of
which only the beginning becomes text: each must cost less than a millisecond.
"""

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pilotfish
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.provision.topics import create_topics

ACTIONS = 20_000
PER_SECOND = 2_000
PER_ATTEMPT = 20
CONTENT = "x" * 600
IMPORTS = 5
HUGE: tuple[Any, ...] = (
    {"rows": list(range(2_000_000))},
    [{"role": "user", "content": "hello " * 10}] * 200_000,
    b"\xff" * 20_000_000,
)
HUGE_TURNS = 50


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        broker, controller = _free_port(), _free_port()
        with EmbeddedKafka(Path(folder), broker, controller) as kafka:
            create_topics({"bootstrap.servers": kafka.bootstrap})
            numbers = measure(kafka.bootstrap)
    print(json.dumps(numbers | {"import_ms": import_ms()}))


def measure(bootstrap: str) -> dict[str, float]:
    """Return microseconds per call, and the counts of sent and dropped events."""
    with pilotfish.connect(kafka=bootstrap, tenant="bench") as pilot:
        times = _paced(pilot)
        huge = _huge(pilot)
        assert pilot.flush(60)
        stats = pilot.stats()
    cuts = statistics.quantiles(times, n=100)
    return {
        "action_p50_us": statistics.median(times) * 1e6,
        "action_p99_us": cuts[98] * 1e6,
        "action_max_us": max(times) * 1e6,
        "huge_p50_us": max(statistics.median(turns) for turns in huge) * 1e6,
        "sent": stats.sent,
        "dropped": stats.dropped,
    }


def _paced(pilot: pilotfish.Client) -> list[float]:
    times = []
    began = time.perf_counter()
    for number in range(ACTIONS // PER_ATTEMPT):
        with pilot.attempt(f"problem {number}") as attempt:
            for step in range(PER_ATTEMPT):
                due = began + (number * PER_ATTEMPT + step) / PER_SECOND
                time.sleep(max(due - time.perf_counter(), 0))
                before = time.perf_counter()
                attempt.action("tool", CONTENT, cost=0.25, tokens=9)
                times.append(time.perf_counter() - before)
    return times


def _huge(pilot: pilotfish.Client) -> list[list[float]]:
    """Return the seconds of each call, for each huge object."""
    times: list[list[float]] = [[] for _ in HUGE]
    with pilot.attempt("huge") as attempt:
        for _ in range(HUGE_TURNS):
            for content, turns in zip(HUGE, times, strict=True):
                before = time.perf_counter()
                attempt.observation("tool", content)
                turns.append(time.perf_counter() - before)
    return times


def import_ms() -> float:
    """Return the best of five imports, each in a process of its own."""
    code = "import time; t = time.perf_counter(); import pilotfish; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        for _ in range(IMPORTS)
    ]
    return min(float(run.stdout) for run in runs) * 1e3


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
