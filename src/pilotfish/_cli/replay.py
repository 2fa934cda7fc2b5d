"""`pilotfish replay`: play a log of attempts through a running platform."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log import LoggedAttempt, read_attempts
from pilotfish.schemas.errors import SchemaError, UnavailableError

_FLUSH_EVERY = 100
"""Attempts between flushes: a replay can wait, so that the SDK's queue never overflows."""
_ARRIVE_WITHIN_S = 120.0


def replay(
    file: Annotated[
        Path, typer.Argument(help="A .jsonl or .jsonl.gz log of attempts.")
    ],
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Replay only this many attempts, the first ones."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Play a log of attempts through the platform that `pilotfish up` runs.

    Each line becomes one attempt, published like that of any agent, with its recorded
    approach, steps and outcome. At the end it shows success by approach, from ClickHouse.
    """
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.progress import wait_for_labels

    settings = Settings()
    attempts = list(islice(read_attempts(file), limit))
    clickhouse = ClickHouse(settings)
    ids = publish_attempts(settings, attempts, progress=not as_json)
    labelled = wait_for_labels(clickhouse, settings.tenant, ids, _ARRIVE_WITHIN_S)
    columns, rows = clickhouse.table(
        "SELECT approach, sum(attempts) AS attempts, sum(successes) AS successes, "
        "round(successes / attempts, 4) AS success_rate FROM success_by_approach "
        "WHERE tenant = {tenant:String} GROUP BY approach ORDER BY success_rate",
        {"tenant": settings.tenant},
    )
    if as_json:
        approaches = [dict(zip(columns, row, strict=True)) for row in rows]
        print_json(
            {"published": len(ids), "labelled": labelled, "approaches": approaches}
        )
        return
    console.print(f"{len(ids)} attempts published, {labelled} of them labelled")
    print_rows(columns, rows, as_json=False)


def publish_attempts(
    settings: Settings, attempts: list[LoggedAttempt], *, progress: bool
) -> list[str]:
    """Publish logged attempts through the SDK; return their ids.

    Raises:
        UnavailableError: Kafka did not acknowledge all events.
        SchemaError: an event of the log is invalid.
    """
    import pilotfish

    ids = []
    with pilotfish.connect(kafka=settings.kafka, tenant=settings.tenant) as pilot:
        for number, logged in enumerate(
            track(attempts, "publishing", console=console, disable=not progress), 1
        ):
            ids.append(_publish(pilot, logged))
            if number % _FLUSH_EVERY == 0:
                pilot.flush(30)
        pilot.flush(30)
        stats = pilot.stats()
    if stats.rejected:
        raise SchemaError(
            f"{stats.rejected} events of the log are invalid: see the warnings above"
        )
    missing = stats.dropped + stats.queued + stats.failed
    if missing:
        raise UnavailableError(
            f"Kafka at {settings.kafka} accepted {stats.sent} events, but {missing} "
            "did not arrive: is `pilotfish up` running?"
        )
    return ids


def _publish(pilot: Any, logged: LoggedAttempt) -> str:
    with pilot.attempt(
        logged.problem, problem_type=logged.problem_type, approach=logged.approach
    ) as attempt:
        for step in logged.steps:
            attempt.step(step.kind, step.name, step.content)
        if logged.success:
            attempt.succeed()
        else:
            attempt.fail("recorded as failed")
    return str(attempt.id)
