"""How long each table keeps its rows: `PILOTFISH_RETENTION`, applied as ClickHouse's TTL.

Rows are counted from what the table's DDL counts from: events, hints and dead letters from
when they happened, the others from when the row was written.
"""

import re
from typing import Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.errors import ConfigurationError

DEFAULT_DAYS: Final = 400
"""What every DDL file with a TTL says."""
MOST_DAYS: Final = 36_500
"""ClickHouse's DateTime ends in 2106: an end beyond it would be in the past."""

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
    found: dict[str, int] = {}
    for part in text.split(",") if text.strip() else ():
        pair = _PAIR.fullmatch(part)
        if pair is None or not 1 <= int(pair[2]) <= MOST_DAYS or pair[1] in found:
            raise ConfigurationError(
                f"PILOTFISH_RETENTION: {part.strip()!r} is not a table and its days, each "
                f"table once, 1 to {MOST_DAYS} days: write events=90,memory=30"
            )
        found[pair[1]] = int(pair[2])
    return found


def apply_retention(clickhouse: ClickHouse, text: str) -> dict[str, int]:
    """Give tables the retention that the setting says; return those that it changed.

    A table that it does not name keeps rows for 400 days. Rows older than that go
    in the background.

    Raises:
        ConfigurationError: the setting is not of its form, or names no such table.
    """
    wanted = parsed(text)
    now = {str(name): groups for name, groups in clickhouse.query(_TTLS)}
    unknown = wanted.keys() - now.keys()
    if unknown:
        raise ConfigurationError(
            f"PILOTFISH_RETENTION names {', '.join(sorted(unknown))}: the tables whose "
            f"rows have an age are {', '.join(now)}"
        )
    changed = {}
    for table, (since, days) in now.items():
        if int(days) != (keep := wanted.get(table, DEFAULT_DAYS)):
            clickhouse.command(
                f"ALTER TABLE {table} MODIFY TTL {since} + toIntervalDay({keep}) "
                "SETTINGS mutations_sync = 0"
            )
            changed[table] = keep
    return changed
