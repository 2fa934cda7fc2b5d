"""Reads logs of attempts: JSON in the usual layouts and encodings, gzip, Parquet."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pilotfish.schemas.attempt_log import parquet
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.attempt_log.findings import Findings
from pilotfish.schemas.attempt_log.mending import attempt_of
from pilotfish.schemas.attempt_log.opening import is_parquet, opened
from pilotfish.schemas.attempt_log.splitting import NoJson, split
from pilotfish.schemas.errors import ConfigurationError, SchemaError


class Entry(NamedTuple):
    """An attempt, and what its log says of it, word for word."""

    attempt: LoggedAttempt
    record: Any


class Record(NamedTuple):
    """A record and its place, such as `line 7`.

    `reason` says why it could not be read; `mended`, that it had half characters.
    """

    place: str
    value: Any
    reason: str = ""
    mended: bool = False


def read_attempts(
    path: Path, findings: Findings | None = None, *, skip_bad: bool = False
) -> Iterator[LoggedAttempt]:
    """Yield the attempts of a log; see `read_entries`."""
    for entry in read_entries(path, findings, skip_bad=skip_bad):
        yield entry.attempt


def read_entries(
    path: Path, findings: Findings | None = None, *, skip_bad: bool = False
) -> Iterator[Entry]:
    """Yield the attempts of a log in order; memory holds one of them.

    Args:
        path: JSON lines, objects in any layout or an array of them, gzipped or not; or
            Parquet. Problems and contents are cut as the SDK cuts them.
        findings: collects what was left out.
        skip_bad: skip what is no attempt.

    Raises:
        ConfigurationError, RequirementError: the file cannot be read.
        SchemaError: a line is no attempt, and `skip_bad` is not set; the message has its
            number and the reason.
    """
    findings = findings or Findings()
    for record in read_records(path):
        try:
            yield Entry(_attempt(record, findings), record.value)
        except SchemaError as error:
            if not skip_bad:
                place = f"{path.name}, {record.place}"
                raise SchemaError(f"{place}: {error}") from error
            findings.skip(record.place, str(error))


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of a file, of whatever they tell; memory holds one of them.

    Raises:
        ConfigurationError, RequirementError: the file cannot be read, or not to its end.
    """
    try:
        yield from _records(path)
    except (OSError, UnicodeError, EOFError, zlib.error) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error


def _attempt(record: Record, findings: Findings) -> LoggedAttempt:
    if record.reason:
        raise SchemaError(record.reason)
    if record.mended:
        findings.leave_out(record.place, "characters that are not Unicode")
    return attempt_of(
        record.value, lambda reason: findings.leave_out(record.place, reason)
    )


def _records(path: Path) -> Iterator[Record]:
    if is_parquet(path):
        for number, row in enumerate(parquet.rows(path), 1):
            yield Record(f"row {number}", row)
        return
    with opened(path) as text:
        for piece in split(text):
            place = f"line {piece.line}"
            if isinstance(piece, NoJson):
                yield Record(place, None, piece.reason)
            else:
                yield Record(place, piece.value, mended=piece.mended)
