"""Scores advice policies on real logs: python benchmarks/learning.py, or make bench-learning.

Runs `pilotfish evaluate` with 20 orders; writes benchmarks/learning.json and the tables
in benchmarks/learning.md. The logs are those of ../shared/data. Settings of the advisor
were chosen on other data, but for what docs/decisions.md and advisors/features.py say.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data"
RUNS = {
    "intercode_sql": ("intercode_sql.jsonl.gz",),
    "theoremqa_gpt4": ("theoremqa_gpt4.jsonl.gz",),
    "intercode_sql, texts shuffled": ("intercode_sql.jsonl.gz", "--shuffle-labels"),
    "intercode_sql, 20 % of labels flipped": (
        *("intercode_sql.jsonl.gz", "--label-noise", "0.2"),
    ),
    "intercode_sql, 40 % of labels flipped": (
        *("intercode_sql.jsonl.gz", "--label-noise", "0.4"),
    ),
}


def main() -> None:
    """Run all, one after the other."""
    results = {name: evaluated(*arguments) for name, arguments in RUNS.items()}
    (HERE / "learning.json").write_text(json.dumps(results, indent=1) + "\n")
    (HERE / "learning.md").write_text(page(results))


def page(results: dict[str, Any]) -> str:
    """Return all runs as tables."""
    tables = [f"## {name}\n\n{table(run)}" for name, run in results.items()]
    head = "# Advice policies on real logs\n\nWritten by `make bench-learning`.\n\n"
    return head + "\n".join(tables)


def evaluated(file: str, *options: str) -> dict[str, Any]:
    """Return what `pilotfish evaluate --json` writes."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "numbers.json"
        command = [str(Path(sys.executable).parent / "pilotfish"), "evaluate"]
        command += [str(DATA / file), *options, "--json", str(numbers)]
        subprocess.run(command, check=True)
        run: dict[str, Any] = json.loads(numbers.read_text())
    return run


def table(run: dict[str, Any]) -> str:
    """Return a run as a table: a line a policy."""
    lines = [
        f"{run['problems']} problems, {len(run['approaches'])} approaches, "
        f"{run['orders']} orders; encoder {run['encode_ms']:.1f} ms a problem.\n",
        "| policy | success, 95 % | second half | against VW, 95 % "
        "| against best single, 95 % | calibration error | abstained "
        "| choice, ms | update, ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, one in run["policies"].items():
        against = one["against"] or {}
        cells = (
            name,
            f"{one['success']:.3f} {_interval(one['success_ci95'])}",
            _number(one["second_half"]),
            _interval(against.get("VW")),
            _interval(against.get("best single")),
            _number(one["calibration_error"]),
            _number(one["abstained"]),
            _number(one["choose_ms"]),
            _number(one["learn_ms"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(ends: list[float] | None) -> str:
    return "" if ends is None else f"({ends[0]:.3f} to {ends[1]:.3f})"


if __name__ == "__main__":
    main()
