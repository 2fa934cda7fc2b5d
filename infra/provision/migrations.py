"""Numbered DDL from infra/clickhouse, applied in order, once each."""

import hashlib
from collections.abc import Iterable
from importlib import resources

from pilotfish.infra.sql import split
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.errors import ConfigurationError

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    name       String COMMENT 'file under infra/clickhouse',
    checksum   String COMMENT 'SHA-256 of the file as it was applied',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was applied'
)
ENGINE = MergeTree
ORDER BY name
COMMENT 'Which DDL files this database has seen'
"""
_RECORD_APPLIED = """
INSERT INTO schema_migrations (name, checksum)
VALUES ({name:String}, {checksum:String})
"""


def migrate(
    clickhouse: ClickHouse, scripts: Iterable[tuple[str, str]] | None = None
) -> list[str]:
    """Apply the files that this database has not applied yet; return their names.

    Every statement has IF NOT EXISTS, so a file interrupted by a crash is applied again
    as a whole.

    Args:
        clickhouse: the database.
        scripts: names and texts in order; the files of infra/clickhouse by default.

    Raises:
        ConfigurationError: a file changed after it had been applied.
    """
    clickhouse.command(_CREATE_TABLE)
    rows = clickhouse.query("SELECT name, checksum FROM schema_migrations")
    checksums = {str(name): str(checksum) for name, checksum in rows}
    applied = []
    for name, text in shipped() if scripts is None else scripts:
        checksum = hashlib.sha256(text.encode()).hexdigest()
        if name not in checksums:
            _apply(clickhouse, name, text, checksum)
            applied.append(name)
        elif checksums[name] != checksum:
            raise ConfigurationError(
                f"{name} was changed after this database had applied it: "
                "revert the change and put it into a new file with the next number"
            )
    return applied


def shipped() -> list[tuple[str, str]]:
    """Return name and text of each file of infra/clickhouse, in order."""
    folder = resources.files("pilotfish.infra.clickhouse")
    files = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted((file.name, file.read_text(encoding="utf-8")) for file in files)


def _apply(clickhouse: ClickHouse, name: str, text: str, checksum: str) -> None:
    for statement in split(text):
        clickhouse.command(statement)
    clickhouse.command(_RECORD_APPLIED, {"name": name, "checksum": checksum})
