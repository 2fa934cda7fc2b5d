"""Latency of advice as an agent's SDK sees it, and hints per second.

Run: `python benchmarks/hints.py [--seconds 20] [--rate 20] [--seed 11]`; prints JSON.
Broker, advisor and load share the cores. Problems are from reasoning_gym, all different,
so that cached embeddings do not improve the result. The advisor starts with 400 labels;
in the first part each answered problem is labelled a moment later, and the advisor learns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import reasoning_gym
from confluent_kafka import TopicPartition

import pilotfish
from pilotfish.demo.approaches import INSTRUCTIONS
from pilotfish.demo.problems import FAMILIES
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.kafka import client_config, consumer, producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import ADVICE_REPLIES, ADVICE_REQUESTS, LABELS
from pilotfish.trainers.base import ensure_base

KAFKA_PORT, CONTROLLER_PORT = 29396, 29397
APPROACHES = list(INSTRUCTIONS)
TAUGHT = 400
SATURATED = 1000
OPEN = 128
"""Outstanding requests, when saturated."""
TIMEOUT_S = 30.0


def problems(count: int, seed: int) -> list[tuple[int, str]]:
    """Return (family, text) of `count` different problems in mixed order."""
    each = -(-count // len(FAMILIES)) + 20
    family_of = {
        item["question"]: family
        for family, (name, smaller) in enumerate(FAMILIES.items())
        for item in reasoning_gym.create_dataset(name, size=each, seed=seed, **smaller)
    }
    texts = list(family_of)
    order = np.random.default_rng(seed).permutation(len(texts))[:count]
    return [(family_of[texts[index]], texts[index]) for index in order]


class Teacher:
    """Publishes labels: a family is solved by two approaches, and by no others."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._producer = producer(settings)
        self._rng = np.random.default_rng(seed)
        self._count = 0
        self._solved_by = [
            set(self._rng.choice(APPROACHES, 2, replace=False)) for _ in FAMILIES
        ]

    def label(self, family: int, problem: str) -> None:
        approach = str(self._rng.choice(APPROACHES))
        number, self._count = self._count, self._count + 1
        label = AttemptLabelled(
            tenant="default",
            attempt_id=f"attempt-{number:06d}",
            version=1,
            labeller="benchmark",
            p_success=float(approach in self._solved_by[family]),
            problem=problem,
            approach=approach,
            started_at=utc_now(),
            ended_at=utc_now(),
            partition=number % LABELS.partitions,
            first_offset=number,
            offset=number,
        )
        publish(
            self._producer,
            LABELS,
            label.attempt_id,
            label,
            partition=label.partition,
        )
        self._producer.poll(0)

    def flush(self) -> None:
        self._producer.flush(30)


@contextmanager
def advisor(settings: Settings) -> Iterator[psutil.Process]:
    """Run the advisor in a process of its own, as in service."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pilotfish.consumers", "advisor"],
        env={**os.environ, **settings.environment()},
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def steady(
    settings: Settings, requests: list[tuple[int, str]], rate: int, teacher: Teacher
) -> dict[str, Any]:
    """Request advice at a steady rate through the SDK; label each answered problem."""
    latencies_ms, abstained = [], []
    lock = threading.Lock()
    pilot = pilotfish.connect(kafka=settings.kafka, advice_deadline_s=2.0)

    def attempt(at: float, family: int, problem: str) -> None:
        time.sleep(max(0.0, at - time.perf_counter()))
        with pilot.attempt(problem) as running:
            since = time.perf_counter()
            hint = running.advice(INSTRUCTIONS)
            latency_ms = 1e3 * (time.perf_counter() - since)
            running.succeed()
        with lock:
            latencies_ms.append(latency_ms)
            abstained.append(hint.abstained)
            teacher.label(family, problem)

    begin = time.perf_counter() + 0.2
    with pilot, ThreadPoolExecutor(16) as pool:
        for number, (family, problem) in enumerate(requests):
            future = pool.submit(attempt, begin + number / rate, family, problem)
            future.add_done_callback(lambda done: done.result())
    return {
        "p50_ms": round(float(np.percentile(latencies_ms, 50)), 2),
        "p90_ms": round(float(np.percentile(latencies_ms, 90)), 2),
        "p99_ms": round(float(np.percentile(latencies_ms, 99)), 2),
        "max_ms": round(max(latencies_ms), 2),
        "requests": len(latencies_ms),
        "hinted": abstained.count(None) / len(abstained),
        "late": abstained.count("deadline"),
    }


def saturated(settings: Settings, requests: list[tuple[int, str]]) -> float:
    """Return answers a second while 128 requests are always outstanding."""
    to = producer(settings, **{"linger.ms": 0})
    reader = consumer(settings, "benchmark-hints", **{"fetch.wait.max.ms": 10})
    place = TopicPartition(ADVICE_REPLIES.name, 0)
    _, place.offset = reader.get_watermark_offsets(place, timeout=10)
    reader.assign([place])
    waiting = iter(requests)
    sent = answered = 0
    begin = time.perf_counter()
    while answered < len(requests):
        while sent - answered < OPEN and (item := next(waiting, None)) is not None:
            request = AdviceRequested(
                client_id="saturation",
                problem=item[1],
                approaches=INSTRUCTIONS,
                reply_topic=ADVICE_REPLIES.name,
                reply_partition=0,
            )
            publish(to, ADVICE_REQUESTS, request.request_id, request)
            sent += 1
        to.poll(0)
        records = reader.consume(OPEN, 0.02)
        answered += sum(record.key() == b"saturation" for record in records)
        if time.perf_counter() > begin + 3 * TIMEOUT_S:
            raise TimeoutError(f"{answered} of {sent} answers")
    reader.close()
    return answered / (time.perf_counter() - begin)


def await_taught(settings: Settings, problem: str) -> float:
    """Wait until the advisor has learned enough to give hints; return the seconds."""
    begin = time.perf_counter()
    with pilotfish.connect(kafka=settings.kafka, advice_deadline_s=5.0) as pilot:
        while time.perf_counter() < begin + TIMEOUT_S:
            with pilot.attempt(problem) as attempt:
                hint = attempt.advice(INSTRUCTIONS)
                attempt.succeed()
            if hint.abstained in {None, "holdout"}:
                return time.perf_counter() - begin
            time.sleep(0.2)
    raise TimeoutError(f"the advisor gave no hint within {TIMEOUT_S:g} s")


def main() -> None:
    """Start Kafka and the advisor, teach, measure at a steady rate and saturated."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    count = options.seconds * options.rate
    drawn = problems(TAUGHT + count + SATURATED, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with EmbeddedKafka(home / "kafka", KAFKA_PORT, CONTROLLER_PORT) as kafka:
            settings = Settings(home=home, kafka=kafka.bootstrap)
            create_topics(client_config(settings))
            ensure_base(settings)
            teacher = Teacher(settings, options.seed)
            for family, problem in drawn[:TAUGHT]:
                teacher.label(family, problem)
            teacher.flush()
            with advisor(settings) as process:
                ready_s = await_taught(settings, drawn[0][1])
                result = steady(
                    settings, drawn[TAUGHT : TAUGHT + count], options.rate, teacher
                )
                result["hints_per_s"] = round(
                    saturated(settings, drawn[TAUGHT + count :]), 1
                )
                result["ready_s"] = round(ready_s, 1)
                result["memory_mb"] = process.memory_info().rss // 2**20
    print(json.dumps(result | vars(options)))


if __name__ == "__main__":
    main()
