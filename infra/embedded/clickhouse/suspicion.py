"""Decides by the engine's own parser whether a suspected statement reaches the machine."""

from pilotfish.infra.embedded.clickhouse.chdb_engine import Engine
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.host_access import ESCAPED, host_access
from pilotfish.infra.embedded.clickhouse.http_errors import ACCESS_DENIED, refusal
from pilotfish.infra.embedded.clickhouse.statement import Statement
from pilotfish.infra.sql import START, Token, tokens

# Table functions whose first argument may describe columns. Not input(): its rows follow
# the statement, where the engine's formatting drops them.
_DESCRIBED = frozenset((b"VALUES", b"GENERATERANDOM", b"NULL"))


def refuse_host_access(engine: Engine, statement: Statement) -> None:
    """Raise EngineError for a suspected statement, unless the engine clears it.

    The rows of VALUES are expressions: the engine formats them as those of a SELECT.
    """
    if statement.data is None:
        _refuse(engine, engine.formatted(statement.text))
        return
    named = statement.text + b" FORMAT " + statement.format.encode()
    _refuse(engine, engine.formatted(named))
    if statement.format.lower() == "values":
        rows = statement.data.rstrip().rstrip(b";")
        try:
            formatted = engine.formatted(b"SELECT " + rows) if rows else b""
        except EngineError as error:
            raise _denied(statement.forbidden) from error
        _refuse(engine, formatted)


def _refuse(engine: Engine, formatted: bytes) -> None:
    words = [START, START, *tokens(formatted), START, START, START]
    for n in range(2, len(words) - 3):
        before_last, last, token = words[n - 2 : n + 1]
        access = host_access(before_last, last, token)
        if access in ("", ESCAPED):  # the engine escapes only what no keyword contains
            continue
        if token.text != b"(" or last.keyword not in _DESCRIBED:
            raise _denied(access)
        _refuse_description(engine, access, words[n + 1 : n + 4])


def _refuse_description(engine: Engine, access: str, words: list[Token]) -> None:
    """Refuse arguments that begin with anything but known text, a number or a tuple."""
    kinds, texts = [word.kind for word in words], [word.text for word in words]
    begins_tuple = texts[0] == b"(" and kinds[1] in ("word", "string")
    if begins_tuple and texts[2] == b",":
        return
    if texts[1] not in (b",", b")") or not (kinds[0] == "string" or texts[0].isdigit()):
        raise _denied(access)
    if kinds[0] == "string":
        text = texts[0][1:-1].replace(b"\\'", b"'")
        if b"\\" in text:
            raise _denied(access)
        try:
            columns = engine.formatted(b"CREATE TEMPORARY TABLE _ (" + text + b"\n)")
        except EngineError as error:
            raise _denied(access) from error
        _refuse(engine, columns)


def _denied(access: str) -> EngineError:
    return refusal(
        ACCESS_DENIED,
        f"{access} could access files of the machine, or other servers: "
        "the embedded ClickHouse refuses that to clients",
    )
