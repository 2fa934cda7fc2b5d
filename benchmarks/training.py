"""Duration of a training of 500 attempts until its verdict.

Run: `python benchmarks/training.py [--attempts 500] [--seed 11]`; prints JSON: `seconds`
from the start of the process, `loaded_seconds` from the line that tells a loaded process
whom to train. The attempts are the demo's problems, tried by its solvers at random.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from pilotfish.demo.agent import APPROACHES, PortfolioAgent
from pilotfish.demo.problems import draw_problems
from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import client_config
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base import ensure_base

START = datetime(2026, 1, 1, tzinfo=UTC)
KAFKA_PORT, CLICKHOUSE_PORT = 29392, 28323


def attempts(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield rows of `attempts` from real tries of the demo's solvers, options at random."""
    rng = random.Random(seed)  # noqa: S311 - an experiment, no secret
    with PortfolioAgent(workers=2, time_limit_s=1.0) as agent:
        for number, problem in enumerate(draw_problems(count, seed)):
            approach = rng.choice(sorted(APPROACHES))
            answer = agent.solve(problem.text, approach).answer
            yield {
                "attempt_id": f"attempt-{number:06d}",
                "version": 1,
                "p_success": float(answer is not None and problem.verify(answer)),
                "problem": problem.text,
                "approach": approach,
                "started_at": START + timedelta(seconds=number),
                "topic_partition": number % 4,
                "first_offset": number // 4,
                "last_offset": number // 4,
            }


def train(settings: Settings, loaded: bool) -> dict[str, Any]:
    """Run the trainer in a process of its own, as the trigger does."""
    arguments = ["--when-told"] if loaded else ["--tenant", settings.tenant]
    since = perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "pilotfish.trainers", "--json", *arguments],
        env=os.environ | settings.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        if loaded:
            any('"loaded"' in line for line in process.stderr)
            since = perf_counter()
            process.stdin.write(f"{settings.tenant}\n")
            process.stdin.flush()
        log = process.stderr.read()
        verdict = process.stdout.read()
    seconds = round(perf_counter() - since, 1)
    if process.returncode:
        raise SystemExit(log)
    return {"seconds": seconds, **json.loads(verdict)}


def stored(settings: Settings, tenant: str, rows: list[dict[str, Any]]) -> Settings:
    """Store attempts as those of a tenant; return its settings."""
    values = [[tenant, *row.values()] for row in rows]
    ClickHouse(settings).insert("attempts", ["tenant", *rows[0]], values)
    return settings.model_copy(update={"tenant": tenant})


def main() -> None:
    """Start the servers, store the attempts of two tenants, train each, print the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--attempts", type=int, default=500)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    rows = list(attempts(options.attempts, options.seed))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        kafka = EmbeddedKafka(home / "kafka", KAFKA_PORT)
        store = EmbeddedClickHouse(home / "clickhouse", CLICKHOUSE_PORT)
        with kafka, store:
            settings = Settings(home=home, kafka=kafka.bootstrap, clickhouse=store.url)
            create_topics(client_config(settings))
            migrate(ClickHouse(settings))
            ensure_base(settings)
            cold, loaded = (
                train(stored(settings, name, rows), loaded=name == "loaded")
                for name in ("cold", "loaded")
            )
            times = {"loaded_seconds": loaded["seconds"]}
            print(json.dumps(cold | times | vars(options)))


if __name__ == "__main__":
    main()
