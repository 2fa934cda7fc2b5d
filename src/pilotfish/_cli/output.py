"""Tables for people, JSON for programs."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from pilotfish.runtime.console import console

JsonFlag = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs instead of a table.")
]


def print_rows(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_json: bool
) -> None:
    """Print rows as an aligned table, or as a JSON list of objects."""
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def print_json(value: object) -> None:
    """Print one JSON document; values of types that JSON lacks become text."""
    typer.echo(json.dumps(_json(value), default=str, indent=2, allow_nan=False))


def _json(value: Any) -> Any:
    """Return what JSON can hold: nothing for numbers that are none, texts for odd keys."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    return value


def _cell(value: object) -> str:
    return "" if value is None else str(value)
