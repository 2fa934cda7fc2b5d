"""Applies a request's database and settings to a connection, for one statement."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pilotfish.infra.embedded.clickhouse.engine_error import RAISED
from pilotfish.infra.embedded.clickhouse.query_ids import SETTING
from pilotfish.infra.embedded.clickhouse.request import Request
from pilotfish.infra.sql import quoted

_VALUE = "SELECT value FROM system.settings WHERE changed AND name = {}"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# readonly = 1 also keeps a statement from changing these limits.
_READER_LIMITS = {
    "max_execution_time": "30",
    "max_memory_usage": "1000000000",
    "max_result_rows": "1000000",
    "allow_introspection_functions": "0",
    "readonly": "1",
}
# What ends a session's state, or is it: there is nothing to put back.
_LASTING = (b"SET", b"USE")


@contextmanager
def changed(connection: Any, request: Request, lasts: bool) -> Iterator[None]:
    """Change a connection for a request; one that lasts is put back at the end."""
    settings = {SETTING: request.query_id, **request.settings}
    if not lasts:
        _apply(connection, request, settings)
        yield
        return
    _keep_readonly(settings, request)
    undo = _undo(connection, request, settings)
    _apply(connection, request, settings)
    try:
        yield
    finally:
        for statement in undo:
            with suppress(*RAISED):  # its database may be gone
                connection.query(statement)


def clause(request: Request) -> str:
    """Return the clause by which an INSERT of the request's own tables gets its settings.

    Without `readonly`: a statement that may change nothing may still bring tables.
    """
    settings = {k: v for k, v in request.settings.items() if k != "readonly"}
    return f"SETTINGS {_assigned(settings)}" if settings else ""


def _apply(connection: Any, request: Request, settings: dict[str, str]) -> None:
    if request.database:
        connection.query(_use(request.database))
    if request.reads_only:
        connection.query("SET ROLE NONE")
        settings |= _READER_LIMITS
    connection.query(_set(settings))


def _keep_readonly(settings: dict[str, str], request: Request) -> None:
    """Refuse here what the engine would: it would never take the setting back."""
    statement = request.statement
    if settings.pop("readonly", "0") != "0" and not statement.only_reads:
        raise RuntimeError(
            "Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)"
        )


def _undo(connection: Any, request: Request, settings: Mapping[str, str]) -> list[str]:
    """Return the statements that undo what `_apply` is about to do."""
    undo: list[str] = []
    if request.statement.verb in _LASTING:
        return undo
    if request.database:
        undo.append(_use(_column(connection, "SELECT currentDatabase()")[0]))
    for name in settings:
        if name != SETTING:
            found = _column(connection, _VALUE.format(quoted(_check(name))))
            undo.append(_set({name: found[0]}) if found else f"SET {name} = DEFAULT")
    return undo


def _column(connection: Any, sql: str) -> list[str]:
    text: bytes = connection.query(sql, "TSVRaw").bytes()
    return text.decode().splitlines()


def _use(database: str) -> str:
    return f"USE {quoted(database, '`')}"


def _assigned(settings: Mapping[str, str]) -> str:
    return ", ".join(
        f"{_check(name)} = {quoted(value)}" for name, value in settings.items()
    )


def _set(settings: Mapping[str, str]) -> str:
    return f"SET {_assigned(settings)}"


def _check(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise RuntimeError(f"Code: 115. DB::Exception: Unknown setting '{name}'.")
    return name
