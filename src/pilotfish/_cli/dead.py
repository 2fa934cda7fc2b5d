"""`pilotfish dead`: lists unreadable messages, and replays them after a fix."""

from datetime import datetime
from typing import Annotated, Final

import typer

from pilotfish._cli.output import JsonFlag, print_rows
from pilotfish.runtime.console import console, progress_bar
from pilotfish.runtime.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="List messages that could not be read, or replay them."
)

_LIST: Final = """
SELECT at, service, topic, source_partition, source_offset, reason,
       toValidUTF8(substring(value, 1, 60)) AS starts_with, replayed_at
FROM dead_letters FINAL ORDER BY at DESC LIMIT {limit:UInt32}
"""
_COLUMNS: Final = (
    "at",
    "service",
    "topic",
    "partition",
    "offset",
    "reason",
    "starts_with",
    "replayed_at",
)
_AT_ONCE: Final = 200


@app.command("list")
def list_dead(
    limit: Annotated[
        int, typer.Option(min=1, help="How many to list, the newest first.")
    ] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List the newest dead letters with their origin and the reason."""
    from pilotfish.runtime.clickhouse import ClickHouse

    rows = ClickHouse(Settings()).query(_LIST, {"limit": limit})
    print_rows(_COLUMNS, rows, as_json=as_json)


@app.command("replay")
def replay_dead(
    since: Annotated[
        datetime, typer.Option(help="Only those set aside since this time (UTC).")
    ],
) -> None:
    """Publish dead letters to their topics again, unchanged, after a fix.

    Each message goes out once, also when this command is repeated. One that fails again
    is the same dead letter as before, and goes out with the next replay.
    """
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.kafka import producer
    from pilotfish.runtime.replays import DeadLetterReplay

    settings = Settings()
    letters = DeadLetterReplay(ClickHouse(settings), producer(settings), since)
    published = 0
    with progress_bar() as bar:
        task = bar.add_task("publishing", total=letters.waiting())
        while sent := letters.publish(_AT_ONCE):
            published += sent
            bar.advance(task, sent)
    console.print(f"published {published} messages again")
