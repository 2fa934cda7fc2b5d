"""`make faults`: every fault at length, as one table of what went missing or double.

    PYTHONPATH=tests .venv/bin/python -m faults.drive --only disk --rounds 2

Takes two and a half hours on two cores: a service stops at 1,000 bad messages in five
minutes, so each row spreads its 909 over more than six. Asks for root: some disks
must be small.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from faults.conftest import platform_on, started_servers
from faults.findings import Findings
from faults.processes import Platform
from faults.rounds import Play, Result
from faults.rows import ROWS
from rich.console import Console
from rich.table import Column, Table

ATTEMPTS = 5000
"""Of twenty events each: 100,000 a row."""


def main() -> int:
    arguments = _arguments()
    console = Console(stderr=True)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, _platforms(Path(folder)) as platforms:
        for row in ROWS:
            if arguments.only in row.name:
                rounds = min(arguments.rounds, row.rounds)
                play = Play(rounds, arguments.attempts, arguments.seed, console.log)
                result = row.run(next(platforms), play)
                results.append(result)
                console.log(" | ".join(_cells(result)), result.trouble)
    Console(width=120).print(_table(results))
    if arguments.json:
        text = json.dumps([asdict(one) for one in results], indent=1)
        arguments.json.write_text(text + "\n")
    return any(one.found or one.trouble for one in results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", help="faults with this in their name")
    parser.add_argument("--seed", type=int, default=1, help="of the random times")
    parser.add_argument("--rounds", type=int, default=99, help="at most, of each")
    parser.add_argument("--attempts", type=int, default=ATTEMPTS, help="a fault")
    parser.add_argument("--json", type=Path, help="write the results there, too")
    return parser.parse_args()


@contextmanager
def _platforms(folder: Path) -> Iterator[Iterator[Platform]]:
    """Give a tenant and a folder of its own for each fault, on the same servers."""
    with started_servers(folder) as servers:

        def fresh() -> Iterator[Platform]:
            for number in range(len(ROWS)):
                home = folder / str(number)
                home.mkdir()
                yield platform_on(servers, home)

        yield fresh()


def _table(results: list[Result]) -> Table:
    columns = ("rounds", "events", *_NUMBERS, "recovery", "slowest call")
    table = Table(Column("fault", no_wrap=True), *columns)
    for one in results:
        table.add_row(*_cells(one))
    total = Findings()
    for one in results:
        total = total.plus(one.found)
    table.add_section()
    rounds, events = (sum(getattr(r, n) for r in results) for n in ("rounds", "events"))
    table.add_row("all", str(rounds), f"{events:,}", *map(str, asdict(total).values()))
    return table


_NUMBERS = ("missing", "doubled", "wrong", "unanswered")


def _cells(one: Result) -> list[str]:
    found = (str(getattr(one.found, name)) for name in _NUMBERS)
    times = f"{one.recovery_s:.1f} s", f"{one.slowest_s * 1000:.0f} ms"
    return [one.fault, str(one.rounds), f"{one.events:,}", *found, *times]


if __name__ == "__main__":
    sys.exit(main())
