"""chDB, the in-process ClickHouse engine: one folder, many statements at a time."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import chdb
from filelock import BaseFileLock, FileLock, Timeout

from pilotfish.infra.embedded.clickhouse import query_ids
from pilotfish.infra.embedded.clickhouse.default_database import (
    OVERLAY,
    make_default_ordinary,
)
from pilotfish.infra.embedded.clickhouse.engine_error import (
    RAISED,
    SYNTAX_ERROR,
    EngineError,
)
from pilotfish.infra.embedded.clickhouse.external_tables import added, from_memory
from pilotfish.infra.embedded.clickhouse.request import Answer, Request
from pilotfish.infra.embedded.clickhouse.request_settings import changed, clause
from pilotfish.infra.embedded.clickhouse.sessions import Session
from pilotfish.infra.embedded.clickhouse.statement import parse
from pilotfish.schemas.errors import RequirementError

# Any: whether chdb counts as typed depends on what mypy saw of it before.
_connect: Any = chdb.connect
LOW_BYTES = 100 * 2**20
"""The engine refuses inserts while its disk has less free space."""


class Engine:
    """The only process that has a chDB folder open; safe to share among threads.

    Never closed: see `server.serve`. Every statement gets a connection of its own, which
    costs 0.2 ms: settings and the current database end with it, as they do over HTTP.

    Raises:
        RequirementError: another process has the folder open.
    """

    def __init__(self, data: Path) -> None:
        engine = data / "engine"
        self._lock = _lock(data)
        make_default_ordinary(engine)
        self._address = (
            f"{engine}?config-file={_configure(data)}&default_database={OVERLAY}"
        )
        self._keeper = _connect(self._address)
        self.version, self.timezone = self._version_and_timezone()

    def run(
        self, request: Request, pipe: int | None = None, session: Session | None = None
    ) -> Answer:
        """Run one statement; blocks until its rows are read, or are on disk.

        Rows go to the pipe, if there is one, while they are made.

        Raises:
            EngineError: ClickHouse refused the statement.
        """
        # A reader can change nothing that would last.
        lasting = None if request.reads_only else session
        connection = None
        try:
            connection = self._connection(lasting)
            with (
                added(connection, request.external, clause(request)),
                changed(connection, request, lasts=lasting is not None),
            ):
                return self._answer(connection, request, pipe)
        except RAISED as error:
            raise EngineError.of(error, self.version) from error
        finally:
            if lasting is None and connection is not None:
                connection.close()

    def _connection(self, session: Session | None) -> Any:
        if session is None:
            return _connect(self._address)
        if session.connection is None:
            session.connection = _connect(self._address)
        return session.connection

    def _answer(self, connection: Any, request: Request, pipe: int | None) -> Answer:
        data = request.statement.data
        if data is not None:
            return _insert(connection, request, data)
        if pipe is not None:
            return self._stream(connection, request, pipe)
        return _query(connection, request, request.statement.text)

    def types(self, request: Request) -> list[str]:
        """Return the types of the columns of a SELECT, outside of any session.

        Raises:
            EngineError: ClickHouse refused it.
        """
        description = parse(request.statement.described())
        asked = replace(request, statement=description, format="JSONCompactColumns")
        types: list[str] = json.loads(self.run(asked).body)[1]
        return types

    def formatted(self, sql: bytes) -> bytes:
        """Return a statement as the engine reads it: every name and text in one spelling.

        Raises:
            EngineError: it cannot be parsed.
        """
        literal = (
            sql.replace(b"\\", b"\\\\").replace(b"'", b"\\'").replace(b"\0", b"\\0")
        )
        try:
            query = b"SELECT formatQuerySingleLine('" + literal + b"')"
            formatted: bytes = self._keeper.query(query, "RawBLOB").bytes()
        except RAISED as error:
            raise EngineError.of(error, self.version) from error
        return formatted

    def kill(self, query_id: str) -> None:
        """Ask a running statement to end; raises EngineError where that fails."""
        try:
            self._keeper.query(query_ids.kill(query_id))
        except RAISED as error:
            raise EngineError.of(error, self.version) from error

    def cancel_queries(self) -> None:
        """Ask every running statement to end, except inserts."""
        self._keeper.query("KILL QUERY WHERE query_kind != 'Insert' ASYNC")

    def _stream(self, connection: Any, request: Request, pipe: int) -> Answer:
        try:
            return _query(connection, request, request.statement.into(pipe))
        except RAISED as error:
            if EngineError.of(error, self.version).code != SYNTAX_ERROR:
                raise
            # So that the error names what the client sent.
            return _query(connection, request, request.statement.text)

    def _version_and_timezone(self) -> tuple[str, str]:
        line = self._keeper.query("SELECT version(), serverTimezone()", "TSV").bytes()
        version, timezone = line.decode().split()
        return version, timezone


def _query(connection: Any, request: Request, text: bytes) -> Answer:
    # Bytes: literals need not be UTF-8.
    result = connection.query(text, request.format, dict(request.parameters))
    return replace(
        _counted(result),
        body=result.bytes() or b"",
        result_rows=result.rows_read(),  # chDB's name for returned rows
    )


def _insert(connection: Any, request: Request, data: bytes) -> Answer:
    """Insert the data as one block, which is one part for each partition of the table.

    From a file in memory: chDB's streaming insert reports success even where the disk is
    full and nothing was stored.
    """
    statement = request.statement
    with from_memory(data) as rows:
        end = f" FORMAT {statement.format}".encode()
        text = b" ".join((statement.head, rows.encode(), statement.settings)) + end
        return _counted(
            connection.query(text, "TabSeparated", dict(request.parameters))
        )


def _counted(result: Any) -> Answer:
    return Answer(
        body=b"",
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        elapsed_s=result.elapsed(),
    )


def _lock(data: Path) -> BaseFileLock:
    lock = FileLock(data / "lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise RequirementError(
            f"another process has ClickHouse's folder {data} open: "
            "stop it, perhaps another `pilotfish up`, or use another folder"
        ) from error
    return lock


def _configure(data: Path) -> Path:
    users, server = data / "users.xml", data / "server.xml"
    _write(users, _shipped("users.xml"))
    text = _shipped("server.xml").replace("USERS", str(users))
    _write(server, text.replace("LOW_BYTES", str(LOW_BYTES)))
    return server


def _shipped(name: str) -> str:
    return (Path(__file__).parent / name).read_text()


def _write(file: Path, text: str) -> None:
    """Write a file only if it differs: the engine must start on a full disk, too."""
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
