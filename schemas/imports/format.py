"""What a format is, and a file that is read in it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pilotfish.schemas.attempt_log.findings import Findings
from pilotfish.schemas.attempt_log.reader import Record, read_records
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Event
from pilotfish.schemas.imports.attempt import Fields, Found, ImportedAttempt, imported
from pilotfish.schemas.imports.events import events_of

Unread = Callable[[str, str], object]
"""Called with a place and the name of what stands there and is not read."""


def unheard(_place: str, _what: str) -> None:
    """Tell nobody what is not read."""


class Sample(NamedTuple):
    """The beginning of a file: its first bytes, unzipped, and its first records."""

    head: bytes
    records: list[Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is imported.

    Args:
        path: of the file.
        tenant: whose attempts they are.
        label: what findings call the file; empty where there is no other.
        findings: collects what does not come in.
        now: when attempts without any time have ended.
    """

    path: Path
    tenant: str = "default"
    label: str = ""
    findings: Findings = field(default_factory=Findings)
    now: datetime = field(default_factory=utc_now)

    def records(self) -> Iterator[Record]:
        """Yield the records that can be read, in order; raises as `read_records`."""
        for record in read_records(self.path):
            place = self.place(record.place)
            if record.reason:
                self.findings.skip(place, record.reason)
                continue
            if record.mended:
                self.findings.leave_out(place, "characters that are not Unicode")
            yield record._replace(place=place)

    def quietly(self) -> "Source":
        """Return the same file with findings of its own, for a look ahead."""
        return replace(self, findings=Findings())

    def place(self, within: str) -> str:
        """Return a place in this file, as findings name it."""
        return f"{self.label}, {within}" if self.label else within


class Format(NamedTuple):
    """A format that can be imported.

    Args:
        name: of the option `--format`.
        what: whose it is, in a few words.
        is_this: whether a file that begins so is in this format.
        read: yields the events of one attempt after the other. An attempt may come
            several times, each time with more of its events.
        note: what everybody who imports it should know.
    """

    name: str
    what: str
    is_this: Callable[[Sample], bool]
    read: Callable[[Source], Iterator[list[Event]]]
    note: str = ""


def of_records(
    name: str, convert: Callable[[dict[str, Any]], Fields], reads: Iterable[str]
) -> Callable[[Source], Iterator[list[Event]]]:
    """Return the `read` of a format whose every record is an attempt.

    Args:
        name: of the format.
        convert: returns what a record tells of its attempt.
        reads: the fields of a record that it looks at.
    """
    known = frozenset(reads)

    def attempts(source: Source) -> Iterator[Found]:
        for record in source.records():
            if isinstance(record.value, dict):
                for unknown in unread_fields(record.value, known):
                    source.findings.ignore(record.place, unknown)
                yield Found(record.place, convert(record.value))
            else:
                source.findings.skip(record.place, "not an object")

    return of_attempts(name, attempts)


def of_attempts(
    name: str, attempts: Callable[[Source], Iterator[Found]]
) -> Callable[[Source], Iterator[list[Event]]]:
    """Return the `read` of a format whose attempts `attempts` finds in a file."""

    def read(source: Source) -> Iterator[list[Event]]:
        for found in attempts(source):
            try:
                yield _events(name, source, found)
            except SchemaError as error:
                source.findings.skip(found.place, str(error))

    return read


def _events(name: str, source: Source, found: Found) -> list[Event]:
    def left_out(reason: str) -> None:
        source.findings.leave_out(found.place, reason)

    attempt = imported(found.fields, left_out)
    if not _has_a_time(attempt):
        left_out("there is no time: that of the import is taken")
    return events_of(attempt, name, source.tenant, source.now)


def unread_fields(record: dict[str, Any], known: frozenset[str]) -> list[str]:
    """Return the fields of a record that hold something and are not among the known."""
    return [
        f"field {name}"
        for name, value in record.items()
        if name not in known and value is not None and value not in ("", [], {})
    ]


def _has_a_time(attempt: ImportedAttempt) -> bool:
    steps = (step.at for step in attempt.steps)
    return any((attempt.at, attempt.ended_at, *steps))
