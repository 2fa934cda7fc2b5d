"""Spans through the door beside all services: what is taken, and how soon it is queried.

Run: `python benchmarks/traces.py [--seconds 60] [--per-second 1000]`; prints JSON.

Ten spans a trace with twelve attributes each; the root of a trace is exported with the last
of its spans. The latency goes from just before that export until the row of the attempt's
end is in `events`, and until the attempt is in `attempts`, by ClickHouse's own clock. All
services, both servers and the load share the cores.
"""

import argparse
import http.client
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from door import post
from ingest import process
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from pilotfish._local.platform import SERVICES
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base import ensure_base

KAFKA_PORT, CLICKHOUSE_PORT, DOOR_PORT = 29792, 28723, 24319
SPANS, ATTRIBUTES = 10, 12
EXPORTS_PER_SECOND = 10
ARRIVED_S = 120.0
_SEEN = """
SELECT attempt_id, toUnixTimestamp64Milli(min(inserted_at)) FROM {table}
WHERE {ended} GROUP BY attempt_id
"""


def export_body(traces: int) -> tuple[bytes, list[str]]:
    """Return an export request of so many whole traces, and their ids."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    ids = [os.urandom(16) for _ in range(traces)]
    for trace in ids:
        root = os.urandom(8)
        for number in reversed(range(SPANS)):
            span = spans.add(
                trace_id=trace, span_id=root if not number else os.urandom(8)
            )
            span.parent_span_id = root if number else b""
            span.name = "step" if number else "agent"
            span.end_time_unix_nano = time.time_ns()
            span.start_time_unix_nano = span.end_time_unix_nano - 10**8
            kind = "TOOL" if number else "AGENT"
            texts = {
                "openinference.span.kind": kind,
                "input.value": f"ask {trace.hex()}",
            }
            texts |= {
                f"other.{n}": "some text of a span " * 4 for n in range(ATTRIBUTES)
            }
            for key, text in texts.items():
                span.attributes.add(key=key).value.string_value = text
    return request.SerializeToString(), [trace.hex() for trace in ids]


def send(seconds: int, per_second: int) -> tuple[dict[str, float], float]:
    """Export evenly; return when each trace was sent, and the rate of what was taken."""
    connection = http.client.HTTPConnection("127.0.0.1", DOOR_PORT)
    traces = per_second // SPANS // EXPORTS_PER_SECOND
    sent: dict[str, float] = {}
    begin = time.time()
    for number in range(seconds * EXPORTS_PER_SECOND):
        time.sleep(max(0.0, begin + number / EXPORTS_PER_SECOND - time.time()))
        body, ids = export_body(traces)
        now = time.time()
        post(connection, "/v1/traces", body, content_type="application/x-protobuf")
        sent |= dict.fromkeys(ids, now)
    return sent, len(sent) * SPANS / (time.time() - begin)


def latencies_s(
    clickhouse: ClickHouse, table: str, ended: str, sent: dict[str, float]
) -> list[float]:
    """Return how long each trace took to its row in a table."""
    sql = _SEEN.format(table=table, ended=ended)
    deadline = time.monotonic() + ARRIVED_S
    while missing := sent.keys() - (seen := dict(clickhouse.query(sql))).keys():
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(missing)} of {len(sent)} traces did not arrive")
        time.sleep(1)
    return [seen[trace] / 1000 - at for trace, at in sent.items()]


def main() -> None:
    """Run everything on this machine, send, and print what was measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--per-second", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        home = Path(folder)
        kafka = running.enter_context(
            EmbeddedKafka(home / "kafka", KAFKA_PORT, KAFKA_PORT + 1)
        )
        clickhouse = running.enter_context(
            EmbeddedClickHouse(home / "clickhouse", CLICKHOUSE_PORT)
        )
        settings = Settings(
            home=home,
            kafka=kafka.bootstrap,
            clickhouse=clickhouse.url,
            http_port=DOOR_PORT,
            train_at=10**9,
        )
        create_topics(client_config(settings))
        database = ClickHouse(settings)
        migrate(database)
        ensure_base(settings)
        for module in SERVICES.values():
            running.enter_context(process([sys.executable, "-m", *module], settings))
        print(json.dumps(measured(database, options) | vars(options)))


def measured(clickhouse: ClickHouse, options: argparse.Namespace) -> dict[str, Any]:
    """Send some seconds to warm up, then measure."""
    _until_ready()
    send(5, options.per_second)
    sent, rate = send(options.seconds, options.per_second)
    result: dict[str, Any] = {"spans_per_s": round(rate)}
    for name, table, ended in (
        ("events", "events", "event = 'AttemptEnded'"),
        ("attempts", "attempts", "status != ''"),
    ):
        took = latencies_s(clickhouse, table, ended, sent)
        for q in (50, 99):
            result[f"{name}_p{q}_s"] = round(float(np.percentile(took, q)), 2)
    return result


def _until_ready() -> None:
    deadline = time.monotonic() + ARRIVED_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", DOOR_PORT)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise SystemExit("the door did not start")


if __name__ == "__main__":
    main()
