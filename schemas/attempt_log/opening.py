"""Opens a log by its first bytes, whatever its name says."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any, Final, TextIO, cast

from pilotfish.schemas.errors import ConfigurationError

PARQUET: Final = b"PAR1"

_BEGINNING: Final = 64 * 1024
_GZIP: Final = b"\x1f\x8b"
_PACKED: Final = {
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ\x00": "compressed with xz",
}
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)


def is_parquet(path: Path) -> bool:
    """Return whether the file begins as Parquet does."""
    if not path.is_file():
        return False  # reading from a pipe would take bytes out of it
    with path.open("rb") as file:
        return file.read(len(PARQUET)) == PARQUET


def beginning(path: Path) -> bytes:
    """Return the first 64 kB of a file, gzipped or not.

    Raises:
        ConfigurationError: it cannot be read.
    """
    return _content(path, _BEGINNING)


def whole(path: Path) -> bytes:
    """Return the content of a file, gzipped or not; raises as `beginning`."""
    return _content(path, -1)


def _content(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            if file.peek(2).startswith(_GZIP):
                with gzip.GzipFile(fileobj=file) as unzipped:
                    return unzipped.read(size)
            return file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a file of text, gzipped or not, in UTF-8, UTF-16 or UTF-32.

    Bytes that are not UTF-8 become lone surrogates, so that the reader can mend a text.

    Raises:
        ConfigurationError: the file is packed in a way that this function cannot read.
        OSError, EOFError, zlib.error: it cannot be read, or not to its end.
    """
    with path.open("rb") as file:
        raw: BufferedReader[Any] = file
        if raw.peek(2).startswith(_GZIP):
            raw = BufferedReader(gzip.GzipFile(fileobj=file))
        head = raw.peek(8)[:8]
        for magic, what in _PACKED.items():
            if head.startswith(magic):
                raise ConfigurationError(
                    f"{path} is {what}: unpack it first (gzip is read as it is)"
                )
        yield cast("TextIO", _text(raw, head))


def _text(raw: "BufferedReader[Any]", head: bytes) -> TextIOWrapper:
    encoding = _encoding(head)
    errors = "surrogateescape" if encoding.startswith("utf-8") else "surrogatepass"
    return TextIOWrapper(raw, encoding=encoding, errors=errors)


def _encoding(head: bytes) -> str:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    # JSON begins with two characters of ASCII: a zero among them tells UTF-16.
    if len(head) > 1 and 0 in head[:2]:
        return "utf-16-le" if head[1] == 0 else "utf-16-be"
    return "utf-8"
