"""The ids of queries, which chDB gives its clients no way to set.

A setting carries the client's id: `system.processes` shows the settings of a query.
Statements that ask for a query's id are changed to look there.
"""

from pilotfish.infra.embedded.clickhouse.statement import OWN_OUTPUT, Statement, parse
from pilotfish.infra.sql import Token, quoted, tokens

SETTING = "stream_like_engine_insert_queue"
"""A text that only tables over message brokers read; the engine has no such tables."""

_ID = f"Settings['{SETTING}']"
_CLIENTS_QUERY = f"replaceRegexpOne(query, {quoted(OWN_OUTPUT.pattern)}, '') AS query"
_PROCESSES = (
    f"(SELECT * REPLACE ({_ID} AS query_id, {_ID} AS initial_query_id, "  # noqa: S608
    f"{_CLIENTS_QUERY}) FROM system.processes)"
)


def kill(query_id: str) -> str:
    """Return the statement that asks a query to end."""
    return f"KILL QUERY WHERE {_ID} = {quoted(query_id)} ASYNC"


def with_client_ids(statement: Statement) -> Statement:
    """Return a statement in which the ids of queries are those of the clients."""
    text = statement.text
    if statement.verb == b"KILL":
        places = [t for t in tokens(text) if t.keyword == b"QUERY_ID"]
        return parse(_replaced(text, [(t.start, t.end) for t in places], _ID))
    if statement.streams and b"processes" in text:
        return parse(_replaced(text, _processes(list(tokens(text))), _PROCESSES))
    return statement


def _processes(found: list[Token]) -> list[tuple[int, int]]:
    """Return where a statement reads `system.processes`."""
    shifted = zip(found, found[1:], found[2:], found[3:], strict=False)
    return [
        (system.start, name.end)
        for before, system, dot, name in shifted
        if before.keyword in (b"FROM", b"JOIN")
        and (system.text, dot.text, name.text) == (b"system", b".", b"processes")
    ]


def _replaced(text: bytes, places: list[tuple[int, int]], by: str) -> bytes:
    out, at = b"", 0
    for start, end in places:
        out += text[at:start] + by.encode()
        at = end
    return out + text[at:]
