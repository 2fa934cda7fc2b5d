"""Events a second of one stream processor, and its share of an empty Faust agent.

Run: `python benchmarks/streams.py [--attempts 10000]`; prints JSON. Kafka holds all
events before either starts. Each is timed in a process of its own, from the moment it
gets its partitions: the worker until every attempt is labelled in ClickHouse, the empty
agent, which takes batches of the same size and drops them, until it has had every event.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config, producer, publish
from pilotfish.runtime.service import logs
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.app import BATCH_WINDOW_S, MAX_BATCH, create_app, events_of

KAFKA_PORT, CLICKHOUSE_PORT = 29492, 28423
PER_ATTEMPT = 10
OPEN_AT_ONCE = 50
CONTENT = "".join(chr(97 + n * 7 % 26) for n in range(600))
LABELLED = "SELECT countIf(version > 0) FROM attempts FINAL"


def attempt(number: int) -> Iterator[Event]:
    """Yield the ten events of an attempt."""
    attempt_id = new_id()
    yield AttemptStarted(
        attempt_id=attempt_id,
        problem=f"problem {number % 300}",
        problem_type=f"type {number % 3}",
        approach=("plan", "react", "direct")[number % 3],
    )
    for step in range(PER_ATTEMPT - 3):
        yield StepRecorded(
            attempt_id=attempt_id,
            kind="action",
            name="try",
            content=CONTENT,
            cost=0.125 * step,
        )
    yield SignalRecorded(attempt_id=attempt_id, kind="verifier", value=number % 2)
    yield AttemptEnded(attempt_id=attempt_id, status="unknown")


def fill(settings: Settings, attempts: int) -> None:
    """Publish all events, those of fifty attempts at a time mixed."""
    to, waiting = producer(settings), iter(range(attempts))
    order = random.Random(7)  # noqa: S311 - the same mixture each time
    running = [attempt(n) for _, n in zip(range(OPEN_AT_ONCE), waiting, strict=False)]
    while running:
        chosen = order.randrange(len(running))
        event = next(running[chosen], None)
        if event is not None:
            publish(to, EVENTS, event.attempt_id, event)
            to.poll(0)
        elif (number := next(waiting, None)) is not None:
            running[chosen] = attempt(number)
        else:
            running.pop(chosen)
    assert to.flush(60) == 0


@contextmanager
def process(settings: Settings, *command: str) -> Iterator[Path]:
    """Run Python with this command; yield its log."""
    log = settings.home / f"{new_id()}.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **settings.environment()},
            stdout=output,
            stderr=output,
        )
    try:
        yield log
    finally:
        running.kill()
        running.wait()


def moment_of(log: Path, event: str) -> float:
    """Wait for a line of the log; return its time, in seconds since 1970."""
    while True:
        for line in log.read_text().splitlines():
            said: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
            if said.get("event") == event:
                return datetime.fromisoformat(said["timestamp"]).timestamp()
        time.sleep(0.1)


def worker_rate(settings: Settings, attempts: int) -> float:
    """Return the events a second of a worker process."""
    clickhouse = ClickHouse(settings)
    with process(settings, "-m", "pilotfish.streams") as log:
        since = moment_of(log, "assigned")
        while clickhouse.query(LABELLED) != [(attempts,)]:
            time.sleep(0.1)
        return attempts * PER_ATTEMPT / (time.time() - since)


def bare_rate(settings: Settings, attempts: int) -> float:
    """Return the events a second of an empty agent."""
    events = attempts * PER_ATTEMPT
    with process(settings, __file__, "--bare", str(events)) as log:
        since = moment_of(log, "assigned")
        return events / (moment_of(log, "done") - since)


def run_bare(events: int) -> None:
    """Be the empty agent, until it has had so many events."""
    import structlog

    logs.configure("bare")
    log = structlog.get_logger()
    app = create_app(Settings(), f"bare-{new_id()}")

    async def count(stream: Any) -> None:
        had = 0
        async for batch in stream.take(MAX_BATCH, within=BATCH_WINDOW_S):
            had += len(batch)
            if had >= events:
                log.info("done")

    async def assigned(_app: Any, _partitions: Any, **_signal: Any) -> None:
        log.info("assigned")

    async def run() -> None:
        await app.start()
        await asyncio.Event().wait()

    app.agent(events_of(app), name="count")(count)
    app.on_partitions_assigned.connect(assigned)
    asyncio.run(run())


def main() -> None:
    """Start the servers, fill Kafka, time both, print the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--bare", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.bare:
        run_bare(chosen.bare)
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        kafka = EmbeddedKafka(home / "kafka", KAFKA_PORT)
        store = EmbeddedClickHouse(home / "clickhouse", CLICKHOUSE_PORT)
        with kafka, store:
            settings = Settings(home=home, kafka=kafka.bootstrap, clickhouse=store.url)
            create_topics(client_config(settings))
            migrate(ClickHouse(settings))
            fill(settings, chosen.attempts)
            bare = bare_rate(settings, chosen.attempts)
            rate = worker_rate(settings, chosen.attempts)
    numbers = {
        "events_per_s": round(rate),
        "bare_events_per_s": round(bare),
        "ratio": round(rate / bare, 3),
        "attempts": chosen.attempts,
    }
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
