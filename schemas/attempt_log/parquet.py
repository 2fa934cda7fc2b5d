"""Reads logs in Parquet, where pyarrow is installed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pilotfish.schemas.errors import ConfigurationError, RequirementError

_BATCH_ROWS: Final = 1000


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file, a batch in memory at a time.

    Raises:
        RequirementError: pyarrow is missing.
        ConfigurationError: the file is damaged.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise RequirementError(
            f"{path} is Parquet, and pyarrow is not installed: pip install pyarrow, or "
            "write the log as JSON lines"
        ) from error
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error
