"""The ids of forgotten attempts and tenants in ClickHouse, by which late events are dropped.

The stream processors own an attempt's state. So they carry out an order to forget it, at
its place among the attempt's events, and then record it in the table `forgotten`. From
then on no service writes rows of events that are published about it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.keys import AttemptKey

_COLUMNS: Final = (
    "tenant",
    "attempt_id",
    "event_id",
    "topic_partition",
    "topic_offset",
)
_COUNT: Final = "SELECT count() FROM forgotten"
_ALL: Final = "SELECT DISTINCT tenant, attempt_id FROM forgotten"


ANY: Final = ""
"""The tenant of an attempt whose tenant cannot be read."""


class Order(NamedTuple):
    """An order that was carried out, and its place; without an attempt, about a tenant."""

    tenant: str
    attempt_id: str
    event_id: str
    partition: int
    offset: int


def write_orders(clickhouse: ClickHouse, orders: Iterable[Order]) -> None:
    """Insert the orders as one block; raises as `ClickHouse.insert`."""
    clickhouse.insert("forgotten", _COLUMNS, list(orders))


class Forgotten:
    """The table in memory: it only grows, and is read again when it has grown.

    Counting the rows of a table costs ClickHouse nothing; looking up a thousand ids does.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse
        self._rows = 0
        self._keys: set[AttemptKey] = set()

    def among(self, attempts: Iterable[AttemptKey]) -> set[AttemptKey]:
        """Return those of these attempts that are forgotten, or whose tenant is.

        With `ANY` as tenant, an attempt of any tenant counts.

        Raises:
            UnavailableError, StorageError: as `ClickHouse.query`.
        """
        [(rows,)] = self._clickhouse.query(_COUNT)
        if rows != self._rows:
            keys = {(str(t), str(a)) for t, a in self._clickhouse.query(_ALL)}
            self._keys = keys | {(ANY, attempt) for _, attempt in keys if attempt}
            self._rows = rows
        if not self._keys:
            return set()
        return {
            (tenant, attempt_id)
            for tenant, attempt_id in attempts
            if not self._keys.isdisjoint(((tenant, attempt_id), (tenant, "")))
        }
