"""All commands; each imports its heavy dependencies only when it runs."""

import logging
import os
import sys
from io import TextIOWrapper
from typing import NoReturn

import typer
from pydantic import ValidationError

from pilotfish._cli import (
    advisors,
    ask,
    dead,
    demo,
    doctor,
    evaluate,
    forget,
    hints,
    importing,
    labels,
    memory,
    platform,
    replay,
    strategies,
    training,
    web,
)
from pilotfish.runtime.settings import Settings, wrong_settings
from pilotfish.schemas.errors import PilotfishError
from pilotfish.schemas.texts import encodable

app = typer.Typer(
    name="pilotfish",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Learns from agents' ordinary work which approach fits which problem, "
    "and advises them before they start.",
    epilog="Settings come from PILOTFISH_* in the environment: `pilotfish doctor` "
    "shows them. Start with `pilotfish demo`.",
)

app.command()(platform.up)
app.command()(platform.prepare)
app.command()(platform.grant)
app.command()(platform.policies)
app.command()(web.serve)
app.command()(web.mcp)
app.command()(demo.demo)
app.command()(replay.replay)
app.command("import")(importing.import_)
app.command()(evaluate.evaluate)
app.command()(ask.sql)
app.command()(ask.status)
app.command()(doctor.doctor)
app.command()(training.train)
app.command()(forget.forget)
app.add_typer(advisors.app, name="advisors")
app.add_typer(labels.app, name="labels")
app.add_typer(hints.app, name="hints")
app.add_typer(dead.app, name="dead")
app.add_typer(memory.app, name="memory")
app.add_typer(strategies.app, name="strategies")


def main() -> None:
    """Run the command line; an expected error is one line and exit status 1."""
    # They log errors that are then raised; without a handler they would go to stderr.
    for name in ("clickhouse_connect", "librdkafka"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    if isinstance(sys.stdout, TextIOWrapper):
        # What the terminal's encoding lacks is shown in ASCII, as it is on stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app([_argument(argument) for argument in sys.argv[1:]])
    except PilotfishError as error:
        _fail(error)
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        _fail(wrong_settings(error))


def _fail(error: PilotfishError) -> NoReturn:
    typer.secho(f"pilotfish: {error}", err=True, fg="red")
    sys.exit(1)


def _argument(argument: str) -> str:
    """Return an argument as text that can be sent and printed; a file's name as it is."""
    is_file = os.path.exists(argument)  # noqa: PTH110 - Path's raises for a long text
    return argument if is_file else encodable(argument)
