"""Scores advice policies on real logs: python benchmarks/learning.py, or make bench-learning.

Runs `pilotfish evaluate`; writes benchmarks/learning.json and the tables in
benchmarks/learning.md. The logs are those of ../shared/data. The advisor's settings were
chosen on other data, with the exceptions in docs/decisions.md. With names of runs as
arguments, only these are measured again.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "learning.json"
DATA = HERE.parents[1] / "shared" / "data"
SQL, MATHS = "intercode_sql.jsonl.gz", "theoremqa_gpt4.jsonl.gz"
_FULL = ("--protocol", "full", "--orders", "4")
RUNS = {
    "intercode_sql": (SQL,),
    "theoremqa_gpt4": (MATHS,),
    "intercode_sql, texts shuffled": (SQL, "--shuffle-labels"),
    "intercode_sql, 20 % of labels flipped": (SQL, "--label-noise", "0.2"),
    "intercode_sql, 40 % of labels flipped": (SQL, "--label-noise", "0.4"),
    "intercode_sql, databases in two halves": (SQL, "--protocol", "domains"),
    "intercode_sql, off policy": (SQL, "--protocol", "offpolicy"),
    "intercode_sql, all other folds": (SQL, *_FULL, "--trained-orders", "4"),
    "theoremqa_gpt4, all other folds": (MATHS, *_FULL, "--trained-orders", "1"),
    "intercode_sql, texts shuffled, all other folds": (
        *(SQL, "--shuffle-labels", *_FULL, "--trained-orders", "4"),
    ),
}


def main() -> None:
    """Run all, or the named runs, one after the other."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in sys.argv[1:] or RUNS:
        results[name] = evaluated(*RUNS[name])
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        (HERE / "learning.md").write_text(page(results))


def page(results: dict[str, Any]) -> str:
    """Return all runs as tables."""
    measured = [(name, results[name]) for name in RUNS if name in results]
    tables = [f"## {name}\n\n{_render(run)}" for name, run in measured]
    head = "# Advice policies on real logs\n\nWritten by `make bench-learning`.\n\n"
    return head + "\n".join(tables)


def _render(run: dict[str, Any]) -> str:
    if run["protocol"] == "domains":
        return domains(run)
    return offpolicy(run) if run["protocol"] == "offpolicy" else table(run)


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
    """Return a run of `bandit` or `full` as a table, one line for each policy."""
    rivals = ("VW", "best single") if run["protocol"] == "bandit" else ("tf-idf ridge",)
    lines = [
        f"{run['problems']} problems, {len(run['approaches'])} approaches, "
        f"{run['orders']} orders or divisions ({run['trained_orders']} with trainings); "
        f"encoder {run['encode_ms']:.1f} ms a problem.{_verdicts(run)}\n",
        _header(
            "policy",
            "success, 95 %",
            "second half",
            *(f"against {rival}, 95 %" for rival in rivals),
            "calibration error",
            "outcomes predicted correctly",
            "above base rate, 95 %",
            "abstained",
            "choice, ms",
            "update, ms",
        ),
    ]
    for name, scores in run["policies"].items():
        against = scores["against"] or {}
        lines.append(
            _line(
                name,
                f"{scores['success']:.3f} {_interval(scores['success_ci95'])}",
                _number(scores["second_half"]),
                *(_interval(against.get(rival)) for rival in rivals),
                _number(scores["calibration_error"]),
                _number(scores["accuracy"]),
                _interval(scores["accuracy_gain_ci95"]),
                _number(scores["abstained"]),
                _number(scores["choose_ms"]),
                _number(scores["learn_ms"]),
            )
        )
    return "\n".join(lines) + "\n"


def domains(run: dict[str, Any]) -> str:
    """Return a run of `domains`: forgetting and transfer."""
    lines = [
        f"{run['domains'][0]} problems, then {run['domains'][1]}; {run['orders']} orders.\n",
        _header(
            "policy",
            "before",
            "after",
            "forgotten, 95 %",
            "start of the second",
            "from scratch",
            "transfer, 95 %",
            "transfer to all of it, 95 %",
        ),
    ]
    for name, scores in run["policies"].items():
        lines.append(
            _line(
                name,
                _number(scores["forgotten"]["first"]),
                _number(scores["forgotten"]["second"]),
                _interval(scores["forgotten"]["ci95"]),
                _number(scores["start"]["first"]),
                _number(scores["start"]["second"]),
                _interval(scores["start"]["ci95"]),
                _interval(scores["whole"]["ci95"]),
            )
        )
    return "\n".join(lines) + "\n"


def offpolicy(run: dict[str, Any]) -> str:
    """Return a run of `offpolicy`: estimates beside the truth."""
    lines = [
        f"From one log written by {run['writer']}.\n",
        _header(
            "policy",
            "IPS, 95 %",
            "SNIPS, 95 %",
            "doubly robust, 95 %",
            "truth",
            "effective choices",
        ),
    ]
    for name, scores in run["policies"].items():
        estimates = scores["estimates"]
        kinds = ("inverse", "self_normalised", "doubly_robust")
        cells = [
            f"{estimates[kind]['value']:.3f} {_interval(estimates[kind]['ci95'])}"
            for kind in kinds
            if estimates
        ]
        size = f"{estimates['effective_size']:.0f}" if estimates else "0"
        cells = cells or [""] * len(kinds)
        lines.append(_line(name, *cells, _number(scores["truth"]), size))
    return "\n".join(lines) + "\n"


def _verdicts(run: dict[str, Any]) -> str:
    verdicts = run["verdicts"]
    if not verdicts:
        return ""
    promoted = sum(verdict["promoted"] for verdict in verdicts)
    return f" The gate judged {len(verdicts)} trainings and promoted {promoted}."


def _header(*cells: str) -> str:
    return f"{_line(*cells)}\n|{'---|' * len(cells)}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(ends: list[float] | None) -> str:
    return "" if ends is None else f"({ends[0]:.3f} to {ends[1]:.3f})"


if __name__ == "__main__":
    main()
