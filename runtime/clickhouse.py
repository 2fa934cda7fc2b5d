"""ClickHouse over HTTP, with its errors as pilotfish's errors."""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver import options
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    DatabaseError,
    OperationalError,
)
from clickhouse_connect.driver.insert import InsertContext
from clickhouse_connect.driver.query import QueryResult
from clickhouse_connect.driver.transform import NativeTransform
from urllib3 import PoolManager, request
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import StorageError, UnavailableError
from pilotfish.schemas.texts import encodable

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_CONNECT_TIMEOUT_S = 5
# Longer than any statement of ours: the trainer's dataset is the largest.
_ANSWER_TIMEOUT_S = 120
# Codes that are about ClickHouse's present state and not about the statement:
# timeouts, too many statements or parts, memory, network, keeper, cancellation, and 246:
# a part that a full disk broke, which the gateway soon repairs (`disk_watch`).
_TRANSIENT = {159, 202, 209, 210, 225, 236, 241, 242, 243, 246, 252, 279, 285, 319, 394}
_TRANSIENT |= {425, 439, 473, 735, 999}
# What the client's encoders raise for a value that does not fit its column.
_BAD_VALUES = (
    *(ClickHouseError, ValueError, TypeError, LookupError, AttributeError),
    *(struct.error, OverflowError),
)


def spare_pandas() -> None:
    """Keep clickhouse-connect from loading pandas, which takes seconds and 75 MB.

    Its first insert would load it to check whether the rows are a data frame. Only for a
    process of our own: in all of it, pandas counts as not installed.
    """
    options.pd = None  # pyright: ignore[reportAttributeAccessIssue]
    options.pd_time_test = None  # pyright: ignore[reportAttributeAccessIssue]


class _OncePool(PoolManager):
    """Sends each request once, so that no insert is repeated unknown to the caller.

    clickhouse-connect recognises a lost connection by the cause of the error, and then
    sends the request again; without the cause it raises.
    """

    def urlopen(  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride]
        self, method: str, url: str, redirect: bool = True, **options: Any
    ) -> BaseHTTPResponse:
        try:
            return super().urlopen(
                method, url, redirect, **{**options, "retries": False}
            )
        except HTTPError as error:
            description = f"{type(error).__name__}: {error}"
        raise HTTPError(description)


class Block(NamedTuple):
    """An INSERT with its rows, in ClickHouse's Native format.

    A block whose `token` is among the newest of the table's deduplication window was
    inserted before, by a call whose answer was lost: it is not inserted again.
    """

    data: bytes
    token: str


class ClickHouse:
    """A connection for one thread; opens on first use, and again after it was lost."""

    def __init__(self, settings: Settings) -> None:
        address = urlsplit(settings.clickhouse)
        self._place = address.netloc
        self._settings = settings
        self._pool: PoolManager | None = None
        self._client: Client | None = None
        self._types: dict[tuple[str, tuple[str, ...]], Sequence[ClickHouseType]] = {}

    @staticmethod
    def load() -> None:
        """Load what the first insert would load."""
        InsertContext("", ("n",), (get_from_name("UInt8"),), ((0,),))

    def query(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return all rows of a SELECT; times are aware.

        Raises:
            UnavailableError: no answer, or none now; a retry may help.
            StorageError: ClickHouse refused the statement.
        """
        return self.table(sql, parameters)[1]

    def table(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and all rows; raises as `query` does."""
        with self._mapped_errors():
            result: QueryResult = _sent(self._open().query, sql, parameters)
            return list(result.column_names), [tuple(row) for row in result.result_rows]

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that returns nothing; raises as `query` does."""
        with self._mapped_errors():
            _sent(self._open().command, sql, parameters)

    def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Insert rows as one block, which ClickHouse takes whole or not at all.

        After UnavailableError the block may have been inserted or not.
        """
        if rows:
            self.insert_block(self.block(table, columns, rows))

    def block(  # nosec B107 # it names a block
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        token: str = "",
    ) -> Block:
        """Return at least one row as `insert_block` sends it.

        Packing takes the interpreter's lock and sending does not: in a thread of its
        own, a block that is ready does not compete with the decoding of the next.
        """
        with self._mapped_errors():
            types = self._types_of(table, tuple(columns))
            context = InsertContext(table, columns, types, rows)
            data = b"".join(NativeTransform.build_insert(context))
            if context.insert_exception is not None:
                raise context.insert_exception
            return Block(data, token)

    def insert_block(self, block: Block) -> None:
        """Insert what `block` packed, as `insert` does."""
        token = block.token
        with self._mapped_errors():
            self._open().raw_insert(
                "",  # the block names its table
                insert_block=block.data,
                settings={"insert_deduplication_token": token} if token else None,
            )

    def answers(self, timeout_s: float) -> bool:
        """Return whether ClickHouse answers in time; asks without a user."""
        try:
            response = request(
                *("GET", f"{self._settings.clickhouse}/ping"),
                timeout=timeout_s,
                retries=False,
            )
        except HTTPError:
            return False
        return response.status == HTTPStatus.OK

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        client, self._client = self._client, None
        pool, self._pool = self._pool, None
        self._types.clear()
        if client is not None:
            client.close()
        if pool is not None:
            pool.clear()

    def _types_of(
        self, table: str, columns: tuple[str, ...]
    ) -> Sequence[ClickHouseType]:
        """Ask for a table's column types once: DESCRIBE costs as much as an insert."""
        key = (table, columns)
        if key not in self._types:
            context = self._open().create_insert_context(table, columns)
            self._types[key] = context.column_types
        return self._types[key]

    def _open(self) -> Client:
        if self._client is None:
            address = urlsplit(self._settings.clickhouse)
            self._pool = _OncePool(num_pools=1)
            self._client = clickhouse_connect.get_client(
                interface=address.scheme,
                host=address.hostname,
                port=address.port,
                username=self._settings.clickhouse_user,
                password=self._settings.clickhouse_password.get_secret_value(),
                database=self._settings.clickhouse_database,
                autogenerate_session_id=False,
                connect_timeout=_CONNECT_TIMEOUT_S,
                send_receive_timeout=_ANSWER_TIMEOUT_S,
                pool_mgr=self._pool,
                compress=address.hostname not in _LOOPBACK,
                tz_mode="aware",
            )
        return self._client

    @contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, HTTPError, OSError) as error:
            self.close()
            raise UnavailableError(
                f"ClickHouse at {self._place} does not answer: {error}"
            ) from error
        except DatabaseError as error:
            raise self._refused(error) from error
        except _BAD_VALUES as error:
            raise StorageError(f"ClickHouse's client refused it: {error}") from error

    def _refused(self, error: DatabaseError) -> StorageError | UnavailableError:
        # Without a code it is the client's own error, or not ClickHouse that answered.
        no_code = error.code is None and type(error) is DatabaseError
        if no_code or error.code in _TRANSIENT:
            return UnavailableError(f"ClickHouse at {self._place} cannot now: {error}")
        return StorageError(str(error))


def _sent(
    send: Callable[..., Any], sql: str, parameters: Mapping[str, Any] | None
) -> Any:
    """Send a statement; where UTF-8 lacks a character of it, a question mark stands."""
    try:
        return send(sql, dict(parameters or {}))
    except UnicodeEncodeError:
        # Only then: to look through thousands of ids costs milliseconds.
        values = {name: _encodable(value) for name, value in (parameters or {}).items()}
        return send(encodable(sql), values)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, tuple | list):
        return [_encodable(each) for each in value]
    return value
