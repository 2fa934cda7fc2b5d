"""Ingest from Kafka into ClickHouse: its rate, and the latency from event to query.

Run: `python benchmarks/ingest.py [--events 200000] [--seconds 20]`; prints JSON.

Rate: `python -m pilotfish.consumers archive` reads a backlog of 600-byte steps, encoded as
by the SDK, into `events`; a bare loop (consume, make a row of the raw bytes without
decoding, insert) reads it into a similar table. Both are timed from their first visible
rows to the last, so that start-up does not count.

Latency: 500 events/s, from just before an event is given to the producer until a query
returns it. A query every 10 ms overestimates by up to that and the query's own time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config, consumer, producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import encode
from pilotfish.schemas.events import StepRecorded
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import EVENTS

KAFKA_PORT, CLICKHOUSE_PORT = 29592, 28523
EVENT_BYTES = 600
STEPS_PER_ATTEMPT = 20
PER_SECOND = 500
BARE_COLUMNS = (
    "attempt_id", "event_id", "at", "content", "topic_partition", "topic_offset",
)  # fmt: skip


def step(tenant: str, attempt_id: str) -> StepRecorded:
    """Return a step that is 600 bytes long as JSON."""
    event = StepRecorded(
        tenant=tenant,
        attempt_id=attempt_id,
        kind="action",
        name="sql",
        content="SELECT name FROM departments WHERE age > 56;",
        duration_s=0.125,
        cost=0.002,
        tokens=350,
    )
    padding = " " * (EVENT_BYTES - len(encode(event)))
    return event.model_copy(update={"content": event.content + padding})


def publish_backlog(settings: Settings, events: int) -> None:
    """Publish all events, distributed over partitions by key, as the SDK does."""
    to = producer(settings, **{"queue.buffering.max.messages": 1_000_000})
    for done in range(0, events, STEPS_PER_ATTEMPT):
        attempt_id = new_id()
        for _ in range(min(STEPS_PER_ATTEMPT, events - done)):
            publish(to, EVENTS, attempt_id, step("backlog", attempt_id))
        to.poll(0)
    if to.flush(120):
        raise SystemExit("Kafka did not take the backlog")


def rate(count: Callable[[], int], events: int, deadline_s: float = 300) -> float:
    """Return rows per second from the first visible rows to the last."""
    first: tuple[float, int] | None = None
    give_up = time.perf_counter() + deadline_s
    while (rows := count()) < events:
        if first is None and rows:
            first = time.perf_counter(), rows
        if time.perf_counter() > give_up:
            raise SystemExit(f"{rows} of {events} rows after {deadline_s} s")
        time.sleep(0.02)
    if first is None:
        raise SystemExit("all rows became visible at once: use more --events")
    return (events - first[1]) / (time.perf_counter() - first[0])


def counting(settings: Settings, table: str) -> Callable[[], int]:
    """Return a function that counts a table's rows over its own connection."""
    clickhouse = ClickHouse(settings)
    return lambda: int(clickhouse.query(f"SELECT count() FROM {table}")[0][0])  # noqa: S608 - ours


@contextmanager
def bare_loop(settings: Settings) -> Iterator[None]:
    """Run the minimal loop that moves the bytes, in a process of its own."""
    command = [sys.executable, __file__, "--bare"]
    with process(command, settings):
        yield


@contextmanager
def archive(settings: Settings) -> Iterator[None]:
    """Run the archive in a process of its own."""
    command = [sys.executable, "-m", "pilotfish.consumers", "archive"]
    with process(command, settings):
        yield


@contextmanager
def process(command: list[str], settings: Settings) -> Iterator[None]:
    """Run a command with these settings until the block is left."""
    environment = {**os.environ, **settings.environment()}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(10)


def run_bare(settings: Settings) -> None:
    """Consume, make rows of the raw bytes, insert, commit; forever."""
    clickhouse = ClickHouse(settings)
    reader = consumer(settings, "bare")
    reader.subscribe([EVENTS.name])
    now = time.time_ns() // 1000
    while True:
        records = [r for r in reader.consume(10_000, 0.2) if r.error() is None]
        rows = [
            (r.key(), f"{r.partition()}/{r.offset()}", now, r.value(), r.partition(), r.offset())
            for r in records
        ]  # fmt: skip
        if rows:
            clickhouse.insert("bare_events", BARE_COLUMNS, rows)
            reader.commit(asynchronous=True)


def latencies_ms(settings: Settings, seconds: int) -> list[float]:
    """Publish at a steady rate; return each event's time until a query returned it."""
    sent: list[list[float]] = [[] for _ in range(EVENTS.partitions)]
    seen: list[list[float]] = [[] for _ in range(EVENTS.partitions)]
    total = seconds * PER_SECOND
    sender = threading.Thread(target=_send, args=(producer(settings), sent, total))
    sender.start()
    clickhouse = ClickHouse(settings)
    give_up = time.perf_counter() + seconds + 30
    # Within a partition, rows become visible in order, so a count identifies them.
    while sum(map(len, seen)) < total and time.perf_counter() < give_up:
        rows = clickhouse.query(
            "SELECT topic_partition, count() FROM events WHERE tenant = 'latency' GROUP BY 1"
        )
        now = time.perf_counter()
        for partition, visible in rows:
            seen[partition] += [now] * (visible - len(seen[partition]))
        time.sleep(0.01)
    sender.join()
    if sum(map(len, seen)) < total:
        raise SystemExit(f"only {sum(map(len, seen))} of {total} events became visible")
    pairs = zip(chain(*sent), chain(*seen), strict=True)
    return [1000 * (after - before) for before, after in pairs]


def _send(to: Producer, sent: list[list[float]], total: int) -> None:
    begin = time.perf_counter()
    for number in range(total):
        while time.perf_counter() < begin + number / PER_SECOND:
            to.poll(0.0005)
        partition = number % len(sent)
        event = step("latency", new_id())
        sent[partition].append(time.perf_counter())
        publish(to, EVENTS, event.attempt_id, event, partition=partition)
    to.flush(30)


def measure(settings: Settings, events: int, seconds: int) -> dict[str, Any]:
    """Return the numbers; the archive continues from the backlog to the steady rate."""
    clickhouse = ClickHouse(settings)
    clickhouse.command("CREATE TABLE bare_events AS events")
    publish_backlog(settings, events)
    with bare_loop(settings):
        bare = rate(counting(settings, "bare_events"), events)
    clickhouse.command("DROP TABLE bare_events")
    with archive(settings):
        ours = rate(counting(settings, "events"), events)
        times = statistics.quantiles(latencies_ms(settings, seconds), n=100)
    return {
        "events": events,
        "ratio": round(ours / bare, 3),
        "events_per_s": round(ours),
        "bare_events_per_s": round(bare),
        "latency_p50_ms": round(times[49], 1),
        "latency_p99_ms": round(times[98], 1),
    }


def main() -> None:
    """Start the servers, measure, print the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        run_bare(Settings())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        kafka = EmbeddedKafka(home / "kafka", KAFKA_PORT)
        store = EmbeddedClickHouse(home / "clickhouse", CLICKHOUSE_PORT)
        with kafka, store:
            settings = Settings(home=home, kafka=kafka.bootstrap, clickhouse=store.url)
            create_topics(client_config(settings))
            migrate(ClickHouse(settings))
            print(json.dumps(measure(settings, options.events, options.seconds)))


if __name__ == "__main__":
    main()
