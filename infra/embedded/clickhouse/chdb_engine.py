"""chDB, the ClickHouse engine in process: one folder, many statements at a time."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chdb
from chdb import ChdbError
from filelock import BaseFileLock, FileLock, Timeout

from pilotfish.infra.embedded.clickhouse.default_database import OVERLAY, keep_apart
from pilotfish.infra.embedded.clickhouse.statement import Statement
from pilotfish.infra.sql import quoted
from pilotfish.schemas.errors import RequirementError

# Any: whether chdb counts as typed depends on what mypy saw of it before.
_connect: Any = chdb.connect
LOW_BYTES = 100 * 2**20
"""With less of its disk free, it refuses inserts."""
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# readonly = 1 also keeps a statement from changing any of them.
_READER_LIMITS = {
    "max_execution_time": "30",
    "max_memory_usage": "1000000000",
    "max_result_rows": "1000000",
    "allow_introspection_functions": "0",
    "readonly": "1",
}
_CODE = re.compile(r"^(?:Code: \d+\. DB::Exception: )*Code: (\d+)\. DB::Exception: ")
_NAME = re.compile(r"(?: \([A-Z0-9_]+\)(?: \(version [^)]*\))?[.]?)+\s*$")


class EngineError(Exception):
    """ClickHouse's refusal: its code, and its text as a server would send it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """A statement with what came beside it in the address."""

    statement: Statement
    database: str = ""
    format: str = "TabSeparated"
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    reads_only: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows in the format asked for, and what ClickHouse counted."""

    body: bytes
    read_rows: int = 0
    read_bytes: int = 0
    result_rows: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    elapsed_s: float = 0.0


class Engine:
    """The one process that has a folder of chDB open. Threads may share it.

    It is never closed: see gateway_server. Every statement gets its own connection, which costs 0.2 ms: settings and
    the current database end with it, as they do over HTTP.

    Raises:
        RequirementError: another process has the folder open.
    """

    def __init__(self, data: Path) -> None:
        engine = data / "engine"
        self._lock = _lock(data)
        keep_apart(engine)
        self._address = (
            f"{engine}?config-file={_configure(data)}&default_database={OVERLAY}"
        )
        self._keeper = _connect(self._address)
        self.version, self.timezone = self._facts()

    def run(self, request: Request) -> Answer:
        """Run one statement; blocks until its rows are there, or on disk.

        Raises:
            EngineError: ClickHouse refused it.
        """
        connection = _connect(self._address)
        try:
            _prepare(connection, request)
            data = request.statement.data
            if data is None:
                return _query(connection, request)
            return _insert(connection, request, data)
        except (ChdbError, RuntimeError) as error:
            raise self._error(str(error)) from error
        finally:
            connection.close()

    def cancel_queries(self) -> None:
        """Ask every statement that inserts nothing to end."""
        self._keeper.query("KILL QUERY WHERE query_kind != 'Insert' ASYNC")

    def _facts(self) -> tuple[str, str]:
        line = self._keeper.query("SELECT version(), serverTimezone()", "TSV").bytes()
        version, timezone = line.decode().split()
        return version, timezone

    def _error(self, said: str) -> EngineError:
        found = _CODE.match(said)
        code = int(found[1]) if found else 1001
        words = said[found.end() :] if found else said
        name = _NAME.search(words)
        label = name[0].split(")")[0].strip(" (") if name else "STD_EXCEPTION"
        words = words[: name.start()] if name else words
        return EngineError(
            code,
            f"Code: {code}. DB::Exception: {words} ({label}) (version {self.version})",
        )


def _prepare(connection: Any, request: Request) -> None:
    if request.database:
        connection.query(f"USE {quoted(request.database, '`')}")
    settings = dict(request.settings)
    if request.reads_only:
        connection.query("SET ROLE NONE")
        settings |= _READER_LIMITS
    changes = [f"{_setting(k)} = {quoted(v)}" for k, v in settings.items()]
    if changes:
        connection.query("SET " + ", ".join(changes))


def _query(connection: Any, request: Request) -> Answer:
    text = request.statement.text.decode(errors="surrogateescape")
    result = connection.query(text, request.format, dict(request.parameters))
    return Answer(
        body=result.bytes() or b"",
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        result_rows=result.rows_read(),  # chDB's name for what it gave back
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        elapsed_s=result.elapsed(),
    )


def _insert(connection: Any, request: Request, data: bytes) -> Answer:
    """Insert the data as one block, which is one part for each partition of the table.

    From a file in memory: chDB's streaming insert calls it a success where the disk is
    full and nothing was kept.
    """
    statement = request.statement
    into, settings = statement.head.decode(), statement.settings.decode()
    with os.fdopen(os.memfd_create("rows"), "wb", buffering=0) as file:
        file.write(data)
        rows = f"FROM INFILE '/proc/self/fd/{file.fileno()}' COMPRESSION 'none'"
        text = f"{into} {rows} {settings} FORMAT {statement.format}"
        done = connection.query(text, "TabSeparated", dict(request.parameters))
    return Answer(
        b"",
        written_rows=done.rows_written(),
        written_bytes=done.bytes_written(),
        elapsed_s=done.elapsed(),
    )


def _setting(name: str) -> str:
    if not _SETTING.fullmatch(name):
        raise RuntimeError(f"Code: 115. DB::Exception: Unknown setting '{name}'.")
    return name


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
    """Write what is not there already: it must begin on a full disk, too."""
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
