"""What the gateway asks the engine, and what it gets."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pilotfish.infra.embedded.clickhouse.external_tables import ExternalTable
from pilotfish.infra.embedded.clickhouse.statement import Statement


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """The session that a request names."""

    user: str
    id: str
    timeout_s: float
    must_exist: bool = False
    ends: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Sessions of different users differ."""
        return self.user, self.id


@dataclass(frozen=True, slots=True)
class Request:
    """A statement with the other parts of its HTTP request."""

    statement: Statement
    database: str = ""
    format: str = "TabSeparated"
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    reads_only: bool = False
    query_id: str = field(default_factory=_new_id)
    session: SessionRequest | None = None
    external: Sequence[ExternalTable] = ()

    @property
    def output_format(self) -> str:
        """The format of the rows: the statement's, or else the request's."""
        return self.statement.format or self.format


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows in the requested format, and ClickHouse's counters."""

    body: bytes
    read_rows: int = 0
    read_bytes: int = 0
    result_rows: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    elapsed_s: float = 0.0
