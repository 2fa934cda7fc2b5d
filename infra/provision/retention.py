"""How long each table keeps its rows: `PILOTFISH_RETENTION`, applied as ClickHouse's TTL.

A row's age counts from the column that the table's DDL names: for hints and dead letters
when they happened, for other tables when the row was written.
"""

import re
from typing import Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.errors import ConfigurationError

DEFAULT_DAYS: Final = 400
"""The TTL of every DDL file that has one."""
MOST_DAYS: Final = 36_500
"""ClickHouse's DateTime wraps in 2106: a later expiry would lie in the past."""

_PAIR: Final = re.compile(r"\s*(\w+)\s*=\s*([0-9]{1,6})\s*")
_TTLS: Final = r"""
SELECT name, extractGroups(create_table_query, ' TTL (.+) \\+ toIntervalDay\\(([0-9]+)\\)')
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
    AND create_table_query LIKE '% TTL %toIntervalDay(%'
ORDER BY name
"""


def parsed(text: str) -> dict[str, int]:
    """Return table -> days of `events=90,memory=30`.

    Raises:
        ConfigurationError: the text is not of this form.
    """
    days: dict[str, int] = {}
    for part in text.split(",") if text.strip() else ():
        pair = _PAIR.fullmatch(part)
        if pair is None or not 1 <= int(pair[2]) <= MOST_DAYS or pair[1] in days:
            raise ConfigurationError(
                f"PILOTFISH_RETENTION: {part.strip()!r} is not TABLE=DAYS with 1 to "
                f"{MOST_DAYS} days and each table once: write events=90,memory=30"
            )
        days[pair[1]] = int(pair[2])
    return days


def apply_retention(clickhouse: ClickHouse, text: str) -> dict[str, int]:
    """Set the tables' retention; return the tables whose retention changed.

    A table that the setting does not name keeps rows for 400 days. ClickHouse deletes
    older rows in the background.

    Raises:
        ConfigurationError: the setting is malformed, or names an unknown table.
    """
    wanted = parsed(text)
    current = {str(name): ttl for name, ttl in clickhouse.query(_TTLS)}
    unknown = wanted.keys() - current.keys()
    if unknown:
        raise ConfigurationError(
            f"PILOTFISH_RETENTION names {', '.join(sorted(unknown))}: the tables whose "
            f"rows expire are {', '.join(current)}"
        )
    changed = {}
    for table, (time_column, days) in current.items():
        if int(days) != (keep := wanted.get(table, DEFAULT_DAYS)):
            clickhouse.command(
                f"ALTER TABLE {table} MODIFY TTL {time_column} + toIntervalDay({keep}) "
                "SETTINGS mutations_sync = 0"
            )
            changed[table] = keep
    return changed
