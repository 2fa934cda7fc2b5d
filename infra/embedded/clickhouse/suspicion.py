"""Decides by the engine's own parser whether a suspected statement reaches the machine."""

from pilotfish.infra.embedded.clickhouse.chdb_engine import Engine
from pilotfish.infra.embedded.clickhouse.engine_error import EngineError
from pilotfish.infra.embedded.clickhouse.http_errors import ACCESS_DENIED, refusal
from pilotfish.infra.embedded.clickhouse.statement import Statement, parse


def refuse_host_access(engine: Engine, statement: Statement) -> None:
    """Raise EngineError for a suspected statement, unless the engine clears it.

    The rows of VALUES are expressions: the engine formats them as those of a SELECT.
    """
    if statement.data is None:
        _refuse(engine.formatted(statement.text))
        return
    _refuse(engine.formatted(statement.text + b" FORMAT " + statement.format.encode()))
    if statement.format.lower() == "values":
        rows = statement.data.rstrip().rstrip(b";")
        try:
            formatted = engine.formatted(b"SELECT " + rows) if rows else b""
        except EngineError as error:
            raise _denied(statement.forbidden) from error
        _refuse(formatted)


def _refuse(formatted: bytes) -> None:
    access = parse(formatted).forbidden
    if access:
        raise _denied(access)


def _denied(access: str) -> EngineError:
    return refusal(
        ACCESS_DENIED,
        f"{access} could access files of the machine, or other servers: "
        "the embedded ClickHouse refuses that to clients",
    )
