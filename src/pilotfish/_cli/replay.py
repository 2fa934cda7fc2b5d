"""`pilotfish replay`: play a log of attempts through a running platform."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.console import console, progress_bar
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log.events import events_of
from pilotfish.schemas.attempt_log.findings import Findings
from pilotfish.schemas.attempt_log.identity import Identified, identified
from pilotfish.schemas.attempt_log.reader import read_entries
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.topics import EVENTS

if TYPE_CHECKING:
    from pilotfish.runtime.clickhouse import ClickHouse

_AT_ONCE: Final = 500
"""Attempts that are looked up, and published, together."""
_STALLED_S: Final = 120.0
_BY_APPROACH: Final = """
SELECT approach, sum(attempts) AS attempts, sum(successes) AS successes,
       round(successes / attempts, 4) AS success_rate
FROM success_by_approach WHERE tenant = {tenant:String}
GROUP BY approach ORDER BY success_rate
"""

Tick = Callable[[int], object]
"""Called with how many more attempts are done."""


@dataclass(frozen=True, slots=True)
class Log:
    """A file that was checked: all that is read again is known to be sound."""

    path: Path
    limit: int | None
    skip_bad: bool

    def attempts(self, findings: Findings | None = None) -> Iterator[Identified]:
        """Read the attempts and their ids; raises as `read_entries`."""
        entries = read_entries(self.path, findings, skip_bad=self.skip_bad)
        return islice(identified(entries), self.limit)


def replay(
    file: Annotated[
        Path,
        typer.Argument(
            help="A log of attempts: JSON lines or any other JSON, gzipped or not, or "
            "Parquet."
        ),
    ],
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Replay only this many attempts, the first ones."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Skip what is no attempt, and say why.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Play a log of attempts through the platform that `pilotfish up` runs.

    The whole file is checked first. Each record becomes one attempt, published as an agent
    would, with its approach, steps, outcome, cost, model and times. Its id follows from
    the file's content, so that a second replay adds nothing. At the end it shows success
    by approach, from ClickHouse.
    """
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.progress import wait_for_attempts

    settings = Settings()
    clickhouse = ClickHouse(settings)
    findings = Findings()
    with _readable_twice(file) as path, progress_bar(disable=as_json) as bar:
        log = Log(path, limit, skip_bad)
        checking = bar.add_task(f"checking {file.name}", total=None)
        total = _count(log, findings, lambda n: bar.advance(checking, n))
        bar.remove_task(checking)
        if not as_json:
            for sentence in findings.sentences():
                console.print(sentence)
        publishing = bar.add_task("publishing", total=total)
        ids = publish(settings, clickhouse, log, lambda n: bar.advance(publishing, n))
        arriving = bar.add_task("arriving", total=len(ids))
        ended, labelled = wait_for_attempts(
            clickhouse,
            settings.tenant,
            ids,
            _STALLED_S,
            lambda n: bar.advance(arriving, n),
        )
    columns, rows = clickhouse.table(_BY_APPROACH, {"tenant": settings.tenant})
    counts = {
        "published": len(ids),
        "labelled": labelled,
        "replayed_before": total - len(ids),
        "skipped_lines": findings.skipped_lines,
    }
    if as_json:
        approaches = [dict(zip(columns, row, strict=True)) for row in rows]
        print_json({**counts, "approaches": approaches, "notes": findings.sentences()})
        return
    console.print(_summary(counts, ended))
    print_rows(columns, rows, as_json=False)


def publish(
    settings: Settings, clickhouse: "ClickHouse", log: Log, tick: Tick
) -> list[str]:
    """Publish the attempts that the platform does not have yet; return their ids.

    Raises:
        UnavailableError: Kafka did not take all events; the next replay goes on here.
        ConfigurationError, SchemaError: the log has changed since it was checked.
    """
    from pilotfish.runtime.kafka import producer
    from pilotfish.runtime.progress import ended_attempts
    from pilotfish.runtime.publisher import Publisher

    publisher = Publisher(producer(settings))
    attempts, published = log.attempts(), []
    while some := list(islice(attempts, _AT_ONCE)):
        ids = [attempt_id for attempt_id, _ in some]
        known = ended_attempts(clickhouse, settings.tenant, ids)
        for attempt_id, logged in some:
            if attempt_id in known:
                continue
            for event in events_of(logged, settings.tenant, attempt_id, utc_now()):
                publisher.queue(EVENTS, event, attempt_id)
            published.append(attempt_id)
        publisher.flush()
        tick(len(some))
    return published


def _count(log: Log, findings: Findings, tick: Tick) -> int:
    """Return how many attempts a log has; raises as `read_entries`."""
    total = 0
    for total, _ in enumerate(log.attempts(findings), 1):  # noqa: B007
        tick(1)
    return total


@contextmanager
def _readable_twice(file: Path) -> Iterator[Path]:
    """Copy what comes through a pipe."""
    if file.is_file() or not file.exists() or file.is_dir():
        yield file
        return
    with NamedTemporaryFile(prefix=f"{file.name}-") as copy:
        try:
            with file.open("rb") as pipe:
                copyfileobj(pipe, copy)
        except OSError as error:
            raise ConfigurationError(f"cannot read {file}: {error}") from error
        copy.flush()
        yield Path(copy.name)


def _summary(counts: dict[str, int], ended: int) -> str:
    """Say what became of the attempts."""
    published = counts["published"]
    parts = [f"{published} attempts published"]
    if published:
        parts.append(f"{counts['labelled']} of them labelled")
    if ended > counts["labelled"]:
        parts.append(f"{ended - counts['labelled']} without evidence")
    if ended < published:
        parts.append(
            f"{published - ended} did not arrive within {_STALLED_S:.0f} s: see the logs "
            "of streams"
        )
    if counts["replayed_before"]:
        parts.append(f"{counts['replayed_before']} were replayed before")
    return ", ".join(parts)
