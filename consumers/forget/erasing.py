"""Deletes all rows about an attempt or a tenant, from whatever tables there are.

Lightweight deletes: no query finds the rows any more once they return. Then ClickHouse is
told to rewrite the files that they are in, which it does in the background.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError, StorageError
from pilotfish.schemas.ids import cluster_id


class Subject(NamedTuple):
    """What is to be forgotten: an attempt, or without one all of a tenant."""

    tenant: str
    attempt_id: str = ""

    def __str__(self) -> str:
        if self.attempt_id:
            return f"attempt {self.attempt_id} of tenant {self.tenant}"
        return f"tenant {self.tenant}"


# A table that comes later is found by its columns. Events are the last: they say which
# hints the attempt asked for. `forgotten` stays, for it keeps late events out.
_TABLES: Final = """
SELECT table FROM system.columns
WHERE database = currentDatabase() AND table != 'forgotten' AND table IN (
    SELECT name FROM system.tables
    WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
GROUP BY table HAVING has(groupArray(name), 'tenant')
    AND ({all:Bool} OR has(groupArray(name), 'attempt_id') OR table = 'dead_letters')
ORDER BY table = 'events', table
"""
_REQUESTS: Final = """
SELECT DISTINCT hint_request_id FROM events
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String} AND hint_request_id != ''
"""
_NOTED: Final = """
SELECT count() FROM forgotten WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
"""
_FOUNDED: Final = """
SELECT max(version) FROM clusters WHERE tenant = {tenant:String} AND cluster = {cluster:String}
"""
_HEIR: Final = """
INSERT INTO clusters (tenant, cluster, embedder, embedding, group_id, version)
SELECT tenant, cluster, embedder, embedding, group_id, version + 1
FROM (SELECT tenant, cluster, embedder, group_id, version FROM clusters FINAL
      WHERE tenant = {tenant:String} AND cluster = {cluster:String}) AS founded
INNER JOIN (SELECT cluster, embedder, embedding FROM memory
            WHERE tenant = {tenant:String} AND cluster = {cluster:String}
                AND attempt_id != {attempt:String}
            ORDER BY attempt_id LIMIT 1 BY embedder) AS heir
USING (cluster, embedder)
"""
_NO_FOUNDER: Final = """
DELETE FROM clusters WHERE tenant = {tenant:String} AND cluster = {cluster:String}
    AND version <= {last:UInt64}
"""

# Also those of a deletion before this one that was cut off.
_MASKED: Final = """
SELECT DISTINCT table FROM system.parts
WHERE database = currentDatabase() AND active AND has_lightweight_delete
"""

_TENANT: Final = {
    # Whose an unreadable message is, its text may say though it is no JSON.
    "dead_letters": "(tenant = {tenant:String} OR match(value, {named:String}))",
    "": "tenant = {tenant:String}",
}
_ATTEMPT: Final = {
    "dead_letters": "tenant IN ({tenant:String}, 'default')"
    " AND (key = {attempt:String} OR match(value, {named:String}))",
    "hints": "tenant = {tenant:String} AND (attempt_id = {attempt:String}"
    " OR request_id IN {requests:Array(String)})",
    "attempts": "tenant = {tenant:String} AND attempt_id = {attempt:String}"
    " AND status != 'forgotten'",
    "": "tenant = {tenant:String} AND attempt_id = {attempt:String}",
}
"""Which rows of a table are about it; the one without a name is for all other tables."""


def require_right_to_delete(clickhouse: ClickHouse, settings: Settings) -> None:
    """Raise ConfigurationError where this user of ClickHouse cannot delete rows."""
    try:
        clickhouse.command("DELETE FROM forgotten WHERE false")
    except StorageError as error:
        raise ConfigurationError(
            f"ClickHouse's user {settings.clickhouse_user!r} cannot delete rows, so "
            f"nothing was forgotten: {error}; set PILOTFISH_CLICKHOUSE_USER and "
            "PILOTFISH_CLICKHOUSE_PASSWORD to one who can (not `readonly`), and run "
            "`pilotfish prepare` if a table is missing"
        ) from error


def found(clickhouse: ClickHouse, subject: Subject) -> dict[str, int]:
    """Return how many rows about it each table has; raises as `ClickHouse.query`."""
    asked = _parameters(clickhouse, subject)
    return {
        table: int(
            clickhouse.query(f"SELECT count() FROM {table} WHERE {rows}", asked)[0][0]  # noqa: S608
        )
        for table, rows in _rows(clickhouse, subject)
    }


def noted(clickhouse: ClickHouse, subject: Subject) -> bool:
    """Return whether it was forgotten before."""
    [(rows,)] = clickhouse.query(_NOTED, _ids(subject))
    return bool(rows)


def erase(clickhouse: ClickHouse, subject: Subject) -> dict[str, int]:
    """Delete the rows about it; return how many that were, by table.

    Cut off in the middle, it may be called again. Raises as `ClickHouse.command`.
    """
    asked = _parameters(clickhouse, subject)
    deleted = found(clickhouse, subject)
    if subject.attempt_id:
        _make_anew_without(clickhouse, subject)
    for table, rows in _rows(clickhouse, subject):
        if deleted[table]:
            clickhouse.command(f"DELETE FROM {table} WHERE {rows}", asked)  # noqa: S608
    for (table,) in clickhouse.query(_MASKED):
        clickhouse.command(
            f"ALTER TABLE {table} APPLY DELETED MASK SETTINGS mutations_sync = 0"
        )
    return deleted


def _make_anew_without(clickhouse: ClickHouse, subject: Subject) -> None:
    """Take an attempt out of what was made of several.

    Another problem of the cluster takes the founder's place; where there is none, the
    cluster goes. The playbook is written anew with the tenant's next attempts.
    """
    ids = _ids(subject) | {"cluster": cluster_id(subject.attempt_id)}
    [(last,)] = clickhouse.query(_FOUNDED, ids)
    clickhouse.command(_HEIR, ids)
    clickhouse.command(_NO_FOUNDER, ids | {"last": last})
    clickhouse.command("DELETE FROM playbook WHERE tenant = {tenant:String}", ids)


def _rows(clickhouse: ClickHouse, subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield each table that may have rows about it, and the condition for these rows."""
    about = _ATTEMPT if subject.attempt_id else _TENANT
    for (table,) in clickhouse.query(_TABLES, {"all": not subject.attempt_id}):
        yield str(table), about.get(str(table), about[""])


def _parameters(clickhouse: ClickHouse, subject: Subject) -> dict[str, Any]:
    ids = _ids(subject)
    name, value = (
        ("attempt_id", subject.attempt_id)
        if subject.attempt_id
        else ("tenant", subject.tenant)
    )
    requests = clickhouse.query(_REQUESTS, ids) if subject.attempt_id else []
    return {
        **ids,
        "named": rf'"{name}"\s*:\s*"{re.escape(value)}"',
        "requests": [str(request) for (request,) in requests],
    }


def _ids(subject: Subject) -> dict[str, str]:
    return {"tenant": subject.tenant, "attempt": subject.attempt_id}
