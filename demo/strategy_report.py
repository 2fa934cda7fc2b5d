"""The part of the demo's results that is about strategies nobody named."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from pilotfish.demo.approaches import INSTRUCTIONS
from pilotfish.demo.strategies import Fit, FoundStrategy


def strategy_results(
    strategies: Sequence[FoundStrategy], fit: Fit
) -> dict[str, object]:
    """Return what `--json` says of strategies."""
    return {
        "strategies": [
            asdict(each) | {"solver": fit.solvers.get(each.strategy, "")}
            for each in strategies
        ],
        "solvers_found": list(fit.found),
        "strategies_ami": round(fit.ami, 3),
    }


def print_strategies(console: Console, report: dict[str, Any]) -> None:
    """Print the strategies that were found; nothing where approaches were named."""
    if "strategies" not in report:
        return
    table = Table(title="the strategies that were found", title_justify="left")
    table.add_column("", justify="right")
    table.add_column("most attempts by")
    for column in ("attempts", "success", "advised", "followed"):
        table.add_column(column, justify="right")
    for number, each in enumerate(report["strategies"], 1):
        table.add_row(str(number), each["solver"], *_cells(each))
    console.print(table)
    for number, each in enumerate(report["strategies"], 1):
        console.print(f"{number}: {each['name']}", highlight=False)
    found = report["solvers_found"]
    console.print(
        f"{len(found)} of {len(INSTRUCTIONS)} solvers were found: one strategy has most "
        "attempts of the solver, and the solver made most attempts of the strategy; "
        f"adjusted mutual information {report['strategies_ami']:.2f}"
    )


def _cells(strategy: dict[str, Any]) -> tuple[str, ...]:
    attempts, advised = strategy["attempts"], strategy["advised"]
    return (
        str(attempts),
        f"{strategy['successes'] / attempts:.0%}" if attempts else "-",
        str(advised),
        f"{strategy['followed'] / advised:.0%}" if advised else "-",
    )
