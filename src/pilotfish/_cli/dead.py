"""`pilotfish dead`: lists unreadable messages, and replays them after a fix."""

from base64 import b64decode
from datetime import datetime
from typing import Annotated

import typer

from pilotfish._cli.output import JsonFlag, print_rows
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError

app = typer.Typer(
    no_args_is_help=True, help="List messages that could not be read, or replay them."
)

_LIST = """
SELECT at, service, topic, source_partition, source_offset, reason,
       toValidUTF8(substring(value, 1, 60)) AS starts_with
FROM dead_letters FINAL ORDER BY at DESC LIMIT {limit:UInt32}
"""
_COLUMNS = ("at", "service", "topic", "partition", "offset", "reason", "starts_with")
# In base64, because unreadable messages may be any bytes.
_RAW = """
SELECT topic, base64Encode(key), base64Encode(value), headers FROM dead_letters FINAL
WHERE at >= {since:DateTime64(6, 'UTC')} ORDER BY at
"""


@app.command("list")
def list_dead(
    limit: Annotated[
        int, typer.Option(help="How many to list, the newest first.")
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
    """Publish dead letters to their topics again, unchanged, after a fix."""
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.runtime.kafka import producer

    settings = Settings()
    rows = ClickHouse(settings).query(_RAW, {"since": since})
    publisher = producer(settings)
    for topic, key, value, headers in rows:
        publisher.produce(
            topic,
            key=b64decode(key) or None,
            value=b64decode(value),
            headers=list(headers.items()),
        )
        publisher.poll(0)
    unsent = publisher.flush(30)
    if unsent:
        raise UnavailableError(
            f"Kafka at {settings.kafka} did not accept {unsent} of {len(rows)} messages: "
            "run the command again once it answers"
        )
    console.print(f"published {len(rows)} messages again")
