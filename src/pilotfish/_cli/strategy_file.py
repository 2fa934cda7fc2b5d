"""An archive of strategies as a file: a zip of one JSON document and a page for people."""

import zipfile
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pilotfish.schemas.codec import wrong_field
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.strategy_archive import StrategyArchive

DATA: Final = "strategies.json"
PAGE: Final = "README.md"
MOST_BYTES: Final = 100_000_000
"""Of the document when unpacked: a thousand kinds with centroids have a tenth."""
_TIME: Final = (1980, 1, 1, 0, 0, 0)


def write(path: Path, archive: StrategyArchive, page: str) -> None:
    """Write a file; equal archives give equal bytes.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    texts = {DATA: archive.model_dump_json(indent=1), PAGE: page}
    try:
        with zipfile.ZipFile(path, "w") as file:
            for name, text in texts.items():
                info = zipfile.ZipInfo(name, _TIME)
                file.writestr(info, text, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from error


def read(path: Path) -> StrategyArchive:
    """Return what a file has; nothing of it is unpacked to disk.

    Raises:
        ConfigurationError: it is not there, too large, or no such archive.
    """
    try:
        with zipfile.ZipFile(path) as file, file.open(DATA) as document:
            data = document.read(MOST_BYTES + 1)
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ConfigurationError(
            f"{path} is no archive of `pilotfish strategies export`: {error}"
        ) from error
    if len(data) > MOST_BYTES:
        raise ConfigurationError(f"{path}: {DATA} has more than {MOST_BYTES} bytes")
    try:
        return StrategyArchive.model_validate_json(data)
    except ValidationError as error:
        place, reason = wrong_field(error)
        raise ConfigurationError(f"{path}, {DATA}: {place}: {reason}") from error
