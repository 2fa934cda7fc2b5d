"""What advice costs over HTTP beyond Kafka's own time, and how many spans the door takes.

Run: `python benchmarks/door.py [--requests 400] [--seed 12]`; prints JSON.
The same process asks by the SDK and over HTTP in turns, with problems that are all
different, so that load on the machine slows both alike. Broker, advisor, door and load
share the cores. Export requests have 100 spans with twelve attributes each, zipped.
"""

import argparse
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from hints import TAUGHT, Teacher, advisor, await_taught, problems
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

import pilotfish
from pilotfish.demo.approaches import INSTRUCTIONS
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.kafka import client_config
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base import ensure_base

KAFKA_PORT, CONTROLLER_PORT, DOOR_PORT = 29398, 29399, 24318
EXPORTS = 300
SPANS, ATTRIBUTES = 100, 12
DEADLINE_S = 2.0
START_S = 60.0


@contextmanager
def door(settings: Settings) -> Iterator[psutil.Process]:
    """Run the door in a process of its own, as in service; yield it once it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pilotfish.web"],
        env={**os.environ, **settings.environment()},
    )
    try:
        deadline = time.monotonic() + START_S
        while not answers():
            if time.monotonic() > deadline:
                raise TimeoutError("the door did not start")
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def answers() -> bool:
    """Return whether somebody listens at the door's port."""
    connection = http.client.HTTPConnection("127.0.0.1", DOOR_PORT)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def post(
    connection: http.client.HTTPConnection, path: str, body: bytes, **headers: str
) -> dict[str, Any]:
    """Return the answer in JSON, or nothing if it is empty."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, named)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
    return dict(json.loads(content)) if content else {}


def in_turns(settings: Settings, texts: list[str]) -> dict[str, Any]:
    """Ask by the SDK and over HTTP in turns; return both medians, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", DOOR_PORT)
    took_ms: dict[str, list[float]] = {"sdk": [], "http": []}
    hinted = 0
    with pilotfish.connect(kafka=settings.kafka, advice_deadline_s=DEADLINE_S) as pilot:
        for number, text in enumerate(texts):
            way = ("sdk", "http")[number % 2]
            begun = time.perf_counter()
            if way == "sdk":
                with pilot.attempt(text) as attempt:
                    begun = time.perf_counter()
                    abstained = attempt.advice(INSTRUCTIONS).abstained
                    took = time.perf_counter() - begun
                    attempt.succeed()
            else:
                asked = {"problem": text, "approaches": INSTRUCTIONS}
                body = json.dumps(asked | {"deadline_ms": 1000 * DEADLINE_S}).encode()
                answer = post(
                    connection, "/v1/advice", body, content_type="application/json"
                )
                abstained = answer["abstained"]
                took = time.perf_counter() - begun
            took_ms[way].append(1000 * took)
            hinted += abstained in (None, "holdout", "unsure")
    p50 = {way: float(np.percentile(times, 50)) for way, times in took_ms.items()}
    return {
        "sdk_p50_ms": round(p50["sdk"], 2),
        "http_p50_ms": round(p50["http"], 2),
        "advice_added_p50_ms": round(p50["http"] - p50["sdk"], 2),
        "sdk_p99_ms": round(float(np.percentile(took_ms["sdk"], 99)), 2),
        "http_p99_ms": round(float(np.percentile(took_ms["http"], 99)), 2),
        "answered": hinted,
    }


def export_body() -> bytes:
    """Return a zipped export request."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(SPANS):
        span = spans.add(trace_id=os.urandom(16), span_id=os.urandom(8), name="chat")
        span.start_time_unix_nano = time.time_ns()
        span.end_time_unix_nano = span.start_time_unix_nano + 10**9
        for each in range(ATTRIBUTES):
            text = f"value {number} of attribute {each} " * 4
            span.attributes.add(key=f"gen_ai.{each}").value.string_value = text
    return gzip.compress(request.SerializeToString())


def exports(process: psutil.Process) -> dict[str, Any]:
    """Export one request after the other; return spans a second, and the CPU they took."""
    connection = http.client.HTTPConnection("127.0.0.1", DOOR_PORT)
    bodies = [export_body() for _ in range(EXPORTS)]
    kind = "application/x-protobuf"
    cpu, begun = sum(process.cpu_times()[:2]), time.perf_counter()
    for body in bodies:
        connection.request(
            "POST",
            "/v1/traces",
            body,
            {"content-type": kind, "content-encoding": "gzip"},
        )
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"/v1/traces: {answer.status}")
    wall_s = time.perf_counter() - begun
    cpu_s = sum(process.cpu_times()[:2]) - cpu
    return {
        "spans_per_s": round(EXPORTS * SPANS / wall_s),
        "cpu_us_per_span": round(1e6 * cpu_s / (EXPORTS * SPANS), 1),
    }


def main() -> None:
    """Start Kafka, the advisor and the door; measure advice in turns, then exports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--seed", type=int, default=12)
    options = parser.parse_args()
    drawn = problems(TAUGHT + options.requests, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with EmbeddedKafka(home / "kafka", KAFKA_PORT, CONTROLLER_PORT) as kafka:
            settings = Settings(home=home, kafka=kafka.bootstrap, http_port=DOOR_PORT)
            create_topics(client_config(settings))
            ensure_base(settings)
            teacher = Teacher(settings, options.seed)
            for family, problem in drawn[:TAUGHT]:
                teacher.label(family, problem)
            teacher.flush()
            with advisor(settings), door(settings) as process:
                await_taught(settings, drawn[0][1])
                texts = [text for _, text in drawn[TAUGHT:]]
                result = in_turns(settings, texts) | exports(process)
                result["memory_mb"] = process.memory_info().rss // 2**20
    print(json.dumps(result | vars(options)))


if __name__ == "__main__":
    main()
