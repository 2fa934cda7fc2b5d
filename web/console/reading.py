"""Reads what a page shows from ClickHouse, as the user who can change nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Protocol

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import CLICKHOUSE_READER, Settings

Row = Mapping[str, Any]
Rows = Sequence[Row]


class Reading(Protocol):
    """Answers the statements of pages."""

    async def read(
        self, statements: Mapping[str, str], parameters: Mapping[str, Any]
    ) -> dict[str, Rows]:
        """Return the rows of each statement by its name.

        Raises:
            UnavailableError, StorageError: as `ClickHouse.query`.
        """
        ...


class ClickHouseReading:
    """Asks one statement after another, in a thread of its own; connects on first use.

    With PILOTFISH_CLICKHOUSE_READONLY_PASSWORD set it asks as the user `readonly`.
    """

    def __init__(self, settings: Settings) -> None:
        password = settings.clickhouse_readonly_password
        if password.get_secret_value():
            reader = {
                "clickhouse_user": CLICKHOUSE_READER,
                "clickhouse_password": password,
            }
            settings = settings.model_copy(update=reader)
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, "pilotfish-console")

    async def read(
        self, statements: Mapping[str, str], parameters: Mapping[str, Any]
    ) -> dict[str, Rows]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, self._read, statements, parameters
        )

    def close(self) -> None:
        """Ask nothing any more; does not wait for an answer."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _read(
        self, statements: Mapping[str, str], parameters: Mapping[str, Any]
    ) -> dict[str, Rows]:
        return {name: self._rows(sql, parameters) for name, sql in statements.items()}

    def _rows(self, sql: str, parameters: Mapping[str, Any]) -> Rows:
        columns, rows = self._clickhouse.table(sql, parameters)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    @cached_property
    def _clickhouse(self) -> ClickHouse:
        return ClickHouse(self._settings)
