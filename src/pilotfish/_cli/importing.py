"""`pilotfish import`: what other tools recorded of their agents, as attempts."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.progress import Progress

from pilotfish._cli.import_tally import Tally
from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish._cli.publishing import (
    Tick,
    arrived,
    publish,
    readable_twice,
    what_became,
)
from pilotfish.runtime.console import console, progress_bar
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log.findings import Findings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.events import AttemptEnded, Event
from pilotfish.schemas.imports.format import Format, Source
from pilotfish.schemas.imports.formats import RECORDED, format_of, named, unknown_format
from pilotfish.traces import otlp_file

if TYPE_CHECKING:
    from pilotfish.runtime.clickhouse import ClickHouse

FORMATS: Final = (otlp_file.FORMAT, *RECORDED)
_AUTO: Final = "auto"
_STDIN: Final = Path("/dev/stdin")
_NAMES: Final = ", ".join(known.name for known in FORMATS)


@dataclass(slots=True)
class Import:
    """The files of one import, and what is found in them while they are read."""

    tenant: str
    now: datetime = field(default_factory=utc_now)
    findings: Findings = field(default_factory=Findings)
    sources: list[tuple[Format, Source]] = field(default_factory=list)
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = Tally(self.now)

    def add(self, path: Path, label: str, given_format: Format | None) -> None:
        """Add a file, or what a folder has in formats that are known.

        Args:
            path: of the file or folder.
            label: what findings call the file.
            given_format: None to recognise it.

        Raises:
            ConfigurationError: the file is in no known format, or is not there.
        """
        if not path.is_dir():
            known = given_format or format_of(path, FORMATS)
            if known is None:
                raise unknown_format(path, FORMATS)
            self._add(path, label, known)
            return
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            self._add_from_folder(file, str(file.relative_to(path)), given_format)

    def attempts(self) -> Iterator[list[Event]]:
        """Read all files, and count what is in them; a damaged file is left where it ends."""
        for known, source in self.sources:
            try:
                for events in known.read(source):
                    self.tally.add(events)
                    yield events
            except ConfigurationError as error:
                self.findings.skip(source.label or source.path.name, str(error))

    def notes(self) -> list[str]:
        """Return what to tell of what does not come in."""
        formats = {known.name: known for known, _ in self.sources}
        of_formats = [f"{n}: {f.note}" for n, f in formats.items() if f.note]
        return self.findings.sentences() + of_formats

    def _add_from_folder(
        self, path: Path, label: str, given_format: Format | None
    ) -> None:
        try:
            known = given_format or format_of(path, FORMATS)
        except ConfigurationError as error:
            self.findings.skip(label, str(error))
            return
        if known is None:
            self.findings.ignore(label, "files of no known format")
        else:
            self._add(path, label, known)

    def _add(self, path: Path, label: str, known: Format) -> None:
        source = Source(path, self.tenant, label, self.findings, self.now)
        self.sources.append((known, source))


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Files of these formats, gzipped or not; a folder stands for all files "
            "in it, and - for what comes through a pipe.",
        ),
    ],
    format_name: Annotated[
        str, typer.Option("--format", help=f"{_AUTO}, or one of {_NAMES}.")
    ] = _AUTO,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what would come in, and what not; publish nothing."
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Import what other tools recorded of their agents.

    Transcripts, traces, chat logs and results of benchmarks become the same events as
    those of an agent that uses pilotfish: problem, steps, tokens, cost, times, and what is
    known of the outcome. Nothing is made up: what has no outcome stays unknown. Ids follow
    from the source, so that importing again, also after it has grown, adds only what is new.
    A record that cannot be read is skipped, counted and named.

    Begin with --dry-run: it needs no Kafka.
    """
    settings = Settings()
    given_format = None if format_name == _AUTO else named(format_name, FORMATS)
    with ExitStack() as open_files, progress_bar(disable=as_json) as bar:
        job = Import(settings.tenant)
        for file in files:
            given = _STDIN if str(file) == "-" else file
            path = open_files.enter_context(readable_twice(given))
            job.add(path, str(file) if len(files) > 1 else "", given_format)
        reading = bar.add_task("reading", total=None)
        if dry_run:
            for _ in job.attempts():
                bar.advance(reading)
            told = ["nothing is published: this is a dry run"]
            counts: dict[str, Any] = {"dry_run": True}
        else:
            counts, told = _publish(
                settings, job, bar, lambda n: bar.advance(reading, n)
            )
    if not job.tally.attempts:
        raise ConfigurationError(
            "; ".join(["there is no attempt in it", *job.findings.sentences()])
        )
    if as_json:
        print_json({**counts, **job.tally.as_dict(), "notes": job.notes()})
        return
    print_rows(["what", "how many"], job.tally.rows(), as_json=False)
    for sentence in (*job.notes(), ", ".join(told)):
        console.print(sentence)


def _publish(
    settings: Settings, job: Import, bar: Progress, tick: Tick
) -> tuple[dict[str, Any], list[str]]:
    """Publish what is new; return counts for programs and sentences for people.

    Raises:
        UnavailableError: Kafka or ClickHouse does not answer; the next import goes on here.
    """
    from pilotfish.runtime.clickhouse import ClickHouse

    clickhouse = ClickHouse(settings)
    published: set[str] = set()
    ended: set[str] = set()
    sent = 0

    def new_events(some: Sequence[list[Event]]) -> Iterator[tuple[str, list[Event]]]:
        return _new_events(clickhouse, settings.tenant, some)

    for attempt_id, new in publish(settings, job.attempts(), new_events, tick):
        published.add(attempt_id)
        ended |= {attempt_id for event in new if _is_awaited(event)}
        sent += len(new)
    there = arrived(clickhouse, settings.tenant, sorted(ended), bar)
    before = len(job.tally.attempts - published)
    told = what_became(len(published), len(ended), there)
    if before:
        told.append(f"{before} were imported before")
    counts = {
        "published": len(published),
        "published_events": sent,
        "labelled": there.labelled,
        "imported_before": before,
    }
    return counts, told


def _new_events(
    clickhouse: "ClickHouse", tenant: str, some: Sequence[list[Event]]
) -> Iterator[tuple[str, list[Event]]]:
    """Yield the events that the platform does not have, by attempt."""
    from pilotfish.runtime.progress import published_events

    ids = list({event.attempt_id for events in some for event in events[:1]})
    known = published_events(clickhouse, tenant, ids)
    for events in some:
        new = [e for e in events if (e.attempt_id, e.event_id) not in known]
        known |= {(event.attempt_id, event.event_id) for event in new}
        if new:
            yield new[0].attempt_id, new


def _is_awaited(event: Event) -> bool:
    """Return whether the attempt counts as ended once this has arrived."""
    return isinstance(event, AttemptEnded) and event.status != "abandoned"
