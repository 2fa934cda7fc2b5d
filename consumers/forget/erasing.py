"""Deletes all rows about an attempt or a tenant, from every table that has such rows.

Lightweight deletes hide the rows from all queries at once. Then ClickHouse rewrites the
files that contain them, in the background.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.errors import ConfigurationError, StorageError
from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.schemas.ids import cluster_id


class Subject(NamedTuple):
    """The attempt to forget, or without an attempt the whole tenant."""

    tenant: str
    attempt_id: str = ""

    def __str__(self) -> str:
        if self.attempt_id:
            return f"attempt {self.attempt_id} of tenant {self.tenant}"
        return f"tenant {self.tenant}"


# By columns, so that later tables are included. Events come last: they name the hints
# that the attempt requested. `forgotten` stays, because it keeps late events out.
_TABLES: Final = """
SELECT table FROM system.columns
WHERE database = currentDatabase() AND table != 'forgotten' AND table IN (
    SELECT name FROM system.tables
    WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
GROUP BY table HAVING has(groupArray(name), 'tenant')
    AND ({all:Bool} OR has(groupArray(name), 'attempt_id') OR table IN ('dead_letters', 'spans'))
ORDER BY table = 'events', table
"""
_REQUESTS: Final = """
SELECT DISTINCT hint_request_id FROM events
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String} AND hint_request_id != ''
"""
_RESPONSES: Final = """
SELECT DISTINCT response_id FROM spans
WHERE tenant = {tenant:String} AND trace_id = splitByChar('-', {attempt:String})[1]
    AND response_id != ''
"""
_FORGOTTEN: Final = """
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

# Includes tables of an earlier deletion that was interrupted.
_MASKED: Final = """
SELECT DISTINCT table FROM system.parts
WHERE database = currentDatabase() AND active AND has_lightweight_delete
"""

_TENANT: Final = {
    # The text of an unreadable message may name its tenant, although it is not JSON.
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
    # The attempt of a trace has its id, perhaps with that of a span of it behind.
    "spans": "tenant = {tenant:String}"
    " AND (trace_id = splitByChar('-', {attempt:String})[1]"
    f" OR name = '{EVALUATION}' AND response_id IN {{responses:Array(String)}})",
    "": "tenant = {tenant:String} AND attempt_id = {attempt:String}",
}
"""By table, the condition for rows about the subject; `""` is for all other tables."""


def require_delete_permission(clickhouse: ClickHouse, user: str) -> None:
    """Raise ConfigurationError if this ClickHouse user may not delete rows."""
    try:
        clickhouse.command("DELETE FROM forgotten WHERE false")
    except StorageError as error:
        raise ConfigurationError(
            f"the ClickHouse user {user!r} cannot delete rows, so nothing was forgotten: "
            f"{error}; set PILOTFISH_CLICKHOUSE_USER and PILOTFISH_CLICKHOUSE_PASSWORD "
            "to a user who can (not `readonly`), and run `pilotfish prepare` if a table "
            "is missing"
        ) from error


def row_counts(clickhouse: ClickHouse, subject: Subject) -> dict[str, int]:
    """Return each table's number of rows about it; raises as `ClickHouse.query`."""
    params = _params(clickhouse, subject)
    return {
        table: int(
            clickhouse.query(f"SELECT count() FROM {table} WHERE {about}", params)[0][0]  # noqa: S608
        )
        for table, about in _conditions(clickhouse, subject)
    }


def already_forgotten(clickhouse: ClickHouse, subject: Subject) -> bool:
    """Return whether an earlier order to forget it was carried out."""
    [(rows,)] = clickhouse.query(_FORGOTTEN, _ids(subject))
    return bool(rows)


def erase(clickhouse: ClickHouse, subject: Subject) -> dict[str, int]:
    """Delete the rows about it; return the number of deleted rows by table.

    Safe to repeat after an interruption. Raises as `ClickHouse.command`.
    """
    params = _params(clickhouse, subject)
    deleted = row_counts(clickhouse, subject)
    if subject.attempt_id:
        _remove_from_aggregates(clickhouse, subject)
    for table, about in _conditions(clickhouse, subject):
        if deleted[table]:
            clickhouse.command(f"DELETE FROM {table} WHERE {about}", params)  # noqa: S608
    for (table,) in clickhouse.query(_MASKED):
        clickhouse.command(
            f"ALTER TABLE {table} APPLY DELETED MASK SETTINGS mutations_sync = 0"
        )
    return deleted


def _remove_from_aggregates(clickhouse: ClickHouse, subject: Subject) -> None:
    """Remove an attempt from rows that summarise several attempts.

    Another problem of the cluster replaces its founder; if there is none, the cluster is
    deleted. The tenant's next attempts write the playbook again.
    """
    ids = _ids(subject) | {"cluster": cluster_id(subject.attempt_id)}
    [(last,)] = clickhouse.query(_FOUNDED, ids)
    clickhouse.command(_HEIR, ids)
    clickhouse.command(_NO_FOUNDER, ids | {"last": last})
    clickhouse.command("DELETE FROM playbook WHERE tenant = {tenant:String}", ids)


def _conditions(clickhouse: ClickHouse, subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield each table that may have rows about it, and the condition for these rows."""
    conditions = _ATTEMPT if subject.attempt_id else _TENANT
    for (table,) in clickhouse.query(_TABLES, {"all": not subject.attempt_id}):
        yield str(table), conditions.get(str(table), conditions[""])


def _params(clickhouse: ClickHouse, subject: Subject) -> dict[str, Any]:
    ids = _ids(subject)
    name, value = (
        ("attempt_id", subject.attempt_id)
        if subject.attempt_id
        else ("tenant", subject.tenant)
    )
    requests = clickhouse.query(_REQUESTS, ids) if subject.attempt_id else []
    responses = clickhouse.query(_RESPONSES, ids) if subject.attempt_id else []
    return {
        **ids,
        "named": rf'"{name}"\s*:\s*"{re.escape(value)}"',
        "requests": [str(request) for (request,) in requests],
        "responses": [str(response) for (response,) in responses],
    }


def _ids(subject: Subject) -> dict[str, str]:
    return {"tenant": subject.tenant, "attempt": subject.attempt_id}
