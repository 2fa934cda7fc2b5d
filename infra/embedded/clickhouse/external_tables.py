"""Tables that a client sends along with its query; they live as long as it does."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pilotfish.infra.embedded.clickhouse.statement import parse
from pilotfish.infra.sql import quoted, tokens

_EXPRESSIONS = frozenset(b"DEFAULT MATERIALIZED ALIAS EPHEMERAL CODEC TTL".split())


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """A table's name, its columns as CREATE TABLE takes them, and its rows."""

    name: str
    columns: str
    format: str
    data: bytes

    @property
    def suspicious(self) -> bool:
        """Whether its columns are more than names and types, or its rows expressions."""
        if not self.format.isalnum() or self.format.lower() == "values":
            return True
        depth = 0
        for token in tokens(self.columns.encode()):
            if token.kind == "symbol":
                depth += (token.text == b"(") - (token.text == b")")
            if depth < 0 or token.text == b";" or token.keyword in _EXPRESSIONS:
                return True
        return depth != 0 or bool(parse(_create(self).encode()).forbidden)


@contextmanager
def from_memory(data: bytes) -> Iterator[str]:
    """Return a clause that takes an INSERT's rows from memory."""
    with os.fdopen(os.memfd_create("rows"), "wb", buffering=0) as file:
        file.write(data)
        yield f"FROM INFILE '/proc/self/fd/{file.fileno()}' COMPRESSION 'none'"


@contextmanager
def added(
    connection: Any, tables: Sequence[ExternalTable], settings: str
) -> Iterator[None]:
    """Make tables temporary ones of a connection; a clause says how to read their rows."""
    made: list[str] = []
    try:
        for table in tables:
            connection.query(_create(table))
            made.append(quoted(table.name, "`"))
            with from_memory(table.data) as rows:
                form = f"{settings} FORMAT {table.format}"
                connection.query(f"INSERT INTO {made[-1]} {rows} {form}")
        yield
    finally:
        for name in made:
            connection.query(f"DROP TEMPORARY TABLE IF EXISTS {name}")


def _create(table: ExternalTable) -> str:
    name = quoted(table.name, "`")
    return f"CREATE TEMPORARY TABLE {name} ({table.columns}\n) ENGINE = Memory"
