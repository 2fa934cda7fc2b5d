"""`pilotfish replay`: play a log of attempts through a running platform."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotfish._cli import publishing
from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish._cli.publishing import Tick, arrived, readable_twice, what_became
from pilotfish.runtime.console import console, progress_bar
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log.events import events_of
from pilotfish.schemas.attempt_log.findings import Findings
from pilotfish.schemas.attempt_log.identity import Identified, identified
from pilotfish.schemas.attempt_log.reader import read_entries
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.events import Event

if TYPE_CHECKING:
    from pilotfish.runtime.clickhouse import ClickHouse

_BY_APPROACH: Final = """
SELECT approach, sum(attempts) AS attempts, sum(successes) AS successes,
       round(successes / attempts, 4) AS success_rate
FROM success_by_approach WHERE tenant = {tenant:String}
GROUP BY approach ORDER BY success_rate
"""


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

    settings = Settings()
    clickhouse = ClickHouse(settings)
    findings = Findings()
    with readable_twice(file) as path, progress_bar(disable=as_json) as bar:
        log = Log(path, limit, skip_bad)
        checking = bar.add_task(f"checking {file.name}", total=None)
        total = _count(log, findings, lambda n: bar.advance(checking, n))
        bar.remove_task(checking)
        if not as_json:
            for sentence in findings.sentences():
                console.print(sentence)
        sending = bar.add_task("publishing", total=total)
        ids = publish(settings, clickhouse, log, lambda n: bar.advance(sending, n))
        there = arrived(clickhouse, settings.tenant, ids, bar)
    columns, rows = clickhouse.table(_BY_APPROACH, {"tenant": settings.tenant})
    counts = {
        "published": len(ids),
        "labelled": there.labelled,
        "replayed_before": total - len(ids),
        "skipped_lines": findings.skipped_lines,
    }
    if as_json:
        approaches = [dict(zip(columns, row, strict=True)) for row in rows]
        print_json({**counts, "approaches": approaches, "notes": findings.sentences()})
        return
    parts = what_became(len(ids), len(ids), there)
    if counts["replayed_before"]:
        parts.append(f"{counts['replayed_before']} were replayed before")
    console.print(", ".join(parts))
    print_rows(columns, rows, as_json=False)


def publish(
    settings: Settings, clickhouse: "ClickHouse", log: Log, tick: Tick
) -> list[str]:
    """Publish the attempts that the platform does not have yet; return their ids.

    Raises:
        UnavailableError: Kafka did not take all events; the next replay goes on here.
        ConfigurationError, SchemaError: the log has changed since it was checked.
    """
    from pilotfish.runtime.progress import ended_attempts

    def new_events(some: Sequence[Identified]) -> Iterator[tuple[str, list[Event]]]:
        ids = [attempt_id for attempt_id, _ in some]
        known = ended_attempts(clickhouse, settings.tenant, ids)
        for attempt_id, logged in some:
            if attempt_id not in known:
                events = events_of(logged, settings.tenant, attempt_id, utc_now())
                yield attempt_id, events

    sent = publishing.publish(settings, log.attempts(), new_events, tick)
    return [attempt_id for attempt_id, _ in sent]


def _count(log: Log, findings: Findings, tick: Tick) -> int:
    """Return how many attempts a log has; raises as `read_entries`."""
    total = 0
    for total, _ in enumerate(log.attempts(findings), 1):  # noqa: B007
        tick(1)
    return total
