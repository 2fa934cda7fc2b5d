"""Measures filters for learning: python benchmarks/filters.py [--json FILE], or make bench-filters.

Runs `pilotfish evaluate --filter all` on both public logs, at 0, 20 and 40 % flipped
labels. Writes benchmarks/filters.json and the table benchmarks/filters.md; takes about
eight minutes on an idle core. --orders N divides the problems into folds N times, not twice.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pilotfish.evaluation.reports.filters import NOISES, play_filters
from pilotfish.evaluation.reports.log import read_log
from pilotfish.evaluation.reports.report import Length

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared/data"
LOGS = ("intercode_sql", "theoremqa_gpt4")
ALLOWED = 0.01
"""Loss of success allowed for the judged filter, against the better of the others."""


def main() -> None:
    """Measure, and write both files."""
    parser = argparse.ArgumentParser(description="Measure filters for learning.")
    parser.add_argument("--json", type=Path, default=HERE / "filters.json")
    parser.add_argument("--orders", type=int, default=2)
    options = parser.parse_args()
    results = {name: measured(name, options.orders) for name in LOGS}
    options.json.write_text(json.dumps(results, indent=1) + "\n")
    options.json.with_suffix(".md").write_text("\n".join(page(results)) + "\n")


def measured(name: str, orders: int) -> dict[str, Any]:
    """Return the scores of a log by noise and filter."""
    log = read_log([DATA / f"{name}.jsonl.gz"], skip_bad=False)
    report = play_filters(log, "all", NOISES, Length(orders, 0, 0))
    print(f"{name}: done", flush=True)
    return {"orders": orders, "noise": report.policies}


def page(results: dict[str, Any]) -> Iterator[str]:
    """Yield the table, line by line."""
    orders = {log["orders"] for log in results.values()}
    yield f"Printed by `make bench-filters`: means of {max(orders)} divisions into folds.\n"
    yield "| log | labels flipped | A everything | B rated | C judged | C - A (95 %) | C keeps | flipped among these | C within 0.01 |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, log in results.items():
        for noise, scores in log["noise"].items():
            yield _row(name, float(noise), scores)


def _row(name: str, noise: float, scores: dict[str, Any]) -> str:
    success = {policy: numbers["success"] for policy, numbers in scores.items()}
    judged = scores["judged"]
    low, high = judged["difference_ci95"]["everything"]
    best = max(success["everything"], success["rated"])
    cells = (
        name,
        f"{noise:.0%}",
        *(f"{share:.3f}" for share in success.values()),
        f"{judged['difference']['everything']:+.3f} ({low:+.3f} to {high:+.3f})",
        f"{judged['kept']:.0%}",
        f"{judged['wrong']:.0%}",
        "yes" if success["judged"] >= best - ALLOWED else "**no**",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
