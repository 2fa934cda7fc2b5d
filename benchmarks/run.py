"""Runs every benchmark, one after the other: python benchmarks/run.py.

Each benchmark is a script that prints one JSON object, `{"measure": number, ...}`.
Writes benchmarks/results.json and the table in benchmarks/results.md.
"""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Goal:
    """A measure of a script and its bound: a minimum, or a maximum if `at_most`."""

    script: str
    measure: str
    what: str
    bound: float
    at_most: bool = False

    def met(self, value: float) -> bool:
        return value <= self.bound if self.at_most else value >= self.bound


GOALS = (
    Goal("ingest", "ratio", "ingest, share of a bare consume and insert loop", 0.6),
    Goal("ingest", "events_per_s", "ingest, events/s", 10_000),
    Goal("ingest", "latency_p50_ms", "event to query at 500/s, p50 ms", 500, True),
    Goal("ingest", "latency_p99_ms", "event to query at 500/s, p99 ms", 1500, True),
    Goal("streams", "ratio", "labels and windows, share of an empty Faust agent", 0.7),
    Goal("streams", "events_per_s", "labels and windows, events/s a worker", 7_000),
    Goal("hints", "p50_ms", "hint at 20/s, p50 ms", 20, True),
    Goal("hints", "p99_ms", "hint at 20/s, p99 ms", 60, True),
    Goal("hints", "hints_per_s", "hints/s when saturated", 150),
    Goal(
        "door",
        "advice_added_p50_ms",
        "advice over HTTP, beyond the SDK's p50, ms",
        3,
        True,
    ),
    Goal("door", "spans_per_s", "OTLP taken by the door, spans/s", 1000),
    Goal("traces", "spans_per_s", "spans/s through all services, sent 1,000/s", 990),
    Goal("traces", "events_p99_s", "span to query at 1,000/s, p99 s", 3, True),
    Goal("traces", "attempts_p99_s", "span to label at 1,000/s, p99 s", 3, True),
    Goal(
        "sdk", "action_p50_us", "SDK: attempt.action(...), p50 microseconds", 15, True
    ),
    Goal(
        "training",
        "seconds",
        "training of 500 attempts until its verdict, s",
        120,
        True,
    ),
    Goal("training", "loaded_seconds", "the same, loaded before it was due", 100, True),
    Goal("memory", "idle_gb", "`pilotfish up`, all processes, GB idle", 3, True),
)


def main() -> int:
    """Run all scripts or those named on the command line; 1 if a goal was missed."""
    scripts = sys.argv[1:] or list(dict.fromkeys(goal.script for goal in GOALS))
    path = HERE / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for script in scripts:
        print(f"running {script}", flush=True)
        results[script] = _run(script)
    results["machine"] = _machine()
    path.write_text(json.dumps(results, indent=2) + "\n")
    table = _table(results)
    (HERE / "results.md").write_text(table)
    print(table)
    return 0 if all(_met(goal, results) for goal in GOALS) else 1


def _run(script: str) -> dict[str, Any]:
    completed = subprocess.run(
        [sys.executable, HERE / f"{script}.py"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(completed.stdout.strip().splitlines()[-1]))


def _machine() -> dict[str, str]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - whichever git there is
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "cpu": f"{len(os.sched_getaffinity(0))} x {platform.machine()}",
        "python": platform.python_version(),
    }


def _met(goal: Goal, results: dict[str, Any]) -> bool:
    value = results.get(goal.script, {}).get(goal.measure)
    return value is not None and goal.met(value)


def _table(results: dict[str, Any]) -> str:
    machine = ", ".join(f"{k} {v}" for k, v in results["machine"].items())
    lines = [
        "# Measured",
        "",
        f"Printed by `make bench`. {machine}. Broker, ClickHouse, services and load",
        "share the cores. A line that says **no** is one we lose.",
        "",
        "| what | measured | must be | met |",
        "|---|---|---|---|",
    ]
    for goal in GOALS:
        value = results.get(goal.script, {}).get(goal.measure)
        bound = f"{'at most' if goal.at_most else 'at least'} {goal.bound:g}"
        shown = "not run" if value is None else _number(value)
        lines.append(
            f"| {goal.what} | {shown} | {bound} | "
            f"{'yes' if _met(goal, results) else '**no**'} |"
        )
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
