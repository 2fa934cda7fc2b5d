"""An advisor as a folder of ONNX, safetensors and JSON, each file under its SHA-256.

The card holds the checksums of all other files, and the bundle's checksum is the SHA-256
of the card: it vouches for every byte.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pilotfish.advisors.card import Card
from pilotfish.schemas.errors import BundleError

CARD = "card.json"
FILES = (
    "calibration.json",
    "catalogue.json",
    "encoder.onnx",
    "head.safetensors",
    "lexicon.safetensors",
    "tokenizer.json",
)
"""Every file of a bundle besides its card."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder that matched its checksum, byte for byte, when it was loaded."""

    path: Path
    card: Card
    checksum: str


def write(
    directory: Path, card: Mapping[str, object], files: Mapping[str, bytes]
) -> Bundle:
    """Write a bundle atomically: other processes see all of it or nothing.

    1. write every file, the card last, into a hidden folder beside `directory`
    2. fsync files and folder  3. rename  4. fsync the parent.

    Args:
        directory: where the bundle will be; must not exist.
        card: the fields of `Card` without `files`.
        files: name -> content, exactly `FILES`.

    Raises:
        BundleError: the card is invalid, a file is missing or unexpected, or `directory`
            exists.
    """
    _require_names(directory, set(files))
    sums = {name: _sha256(content) for name, content in files.items()}
    checked = _card(directory, {**card, "files": sums})
    text = checked.model_dump_json(indent=1).encode()
    directory.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=directory.parent, prefix=".part-"))
    try:
        for name, content in (*files.items(), (CARD, text)):
            _write_durably(temporary / name, content)
        _publish(temporary, directory)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Bundle(directory, checked, _sha256(text))


def load(path: Path, checksum: str) -> Bundle:
    """Return the bundle in a folder after reading and comparing every byte of it.

    Raises:
        BundleError: a file is missing, changed, unexpected or a link, the card is
            invalid, or the checksum belongs to another bundle; the message names the
            file.
    """
    _require_plain_folder(path)
    text = _read(path / CARD)
    if _sha256(text) != checksum:
        raise BundleError(
            f"{path / CARD} does not have the checksum {checksum[:12]}..."
        )
    card = _card(path, text)
    _require_names(path, set(card.files))
    for name, expected in card.files.items():
        if _sha256(_read(path / name)) != expected:
            raise BundleError(
                f"{path / name} was changed: its checksum in the card differs"
            )
    return Bundle(path, card, checksum)


def checksum_of(path: Path) -> str:
    """Return the checksum the bundle in a folder claims: the SHA-256 of its card.

    Raises:
        BundleError: there is no card.
    """
    return _sha256(_read(path / CARD))


def _require_plain_folder(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        raise BundleError(f"there is no bundle in {path}")
    _require_names(path, {entry.name for entry in path.iterdir()} - {CARD})


def _require_names(path: Path, names: set[str]) -> None:
    for name in sorted(names.symmetric_difference(FILES)):
        state = "does not belong there" if name in names else "is missing"
        raise BundleError(f"{path / name} {state}")


def _card(path: Path, fields: bytes | Mapping[str, object]) -> Card:
    try:
        if isinstance(fields, bytes):
            return Card.model_validate_json(fields)
        return Card.model_validate(fields)
    except ValidationError as error:
        raise BundleError(f"{path / CARD} is not a valid card: {error}") from error


def _read(file: Path) -> bytes:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as opened:
            return opened.read()
    except OSError as error:
        raise BundleError(f"{file} cannot be read: {error.strerror}") from error


def _write_durably(file: Path, content: bytes) -> None:
    with file.open("xb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _publish(temporary: Path, directory: Path) -> None:
    temporary.chmod(0o755)
    _sync_folder(temporary)
    if directory.exists():
        raise BundleError(f"{directory} exists already: a bundle is written once")
    temporary.rename(directory)
    _sync_folder(directory.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
