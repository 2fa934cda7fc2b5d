"""The part of the demo's results that is about strategies nobody named."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from pilotfish.demo.approaches import INSTRUCTIONS
from pilotfish.demo.monitor import Reading
from pilotfish.demo.strategies import Fit, FoundStrategy, assigned, fit
from pilotfish.demo.tally import Tally
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings


def strategy_results(
    settings: Settings, tally: Tally, reading: Reading
) -> dict[str, object]:
    """Return what `--json` says of strategies; raises as `ClickHouse.query`."""
    with closing(ClickHouse(settings)) as clickhouse:
        strategies = assigned(clickhouse, settings.tenant)
    return as_json(reading.strategies, fit(tally.attempts, strategies))


def as_json(strategies: Sequence[FoundStrategy], fitted: Fit) -> dict[str, object]:
    """Return strategies with the solver that made most attempts of each."""
    return {
        "strategies": [
            asdict(each) | {"solver": fitted.solvers.get(each.strategy, "")}
            for each in strategies
        ],
        "solvers_found": list(fitted.found),
        "strategies_ami": round(fitted.ami, 3),
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
