"""`pilotfish train`: a training now, whatever the count says."""

import subprocess
import sys
from typing import Annotated

import typer

from pilotfish.runtime.settings import Settings


def train(
    tenant: Annotated[
        str | None, typer.Option(help="Whose attempts; the default tenant if left out.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the verdict as JSON.")
    ] = False,
) -> None:
    """Train a candidate now, judge it against the incumbent, promote it if better.

    Exit status: 0 promoted or refused, 75 another training is running, 1 failed.
    """
    whose = tenant or Settings().tenant
    command = [sys.executable, "-m", "pilotfish.trainers", "--tenant", whose]
    finished = subprocess.run([*command, *(["--json"] if as_json else [])], check=False)
    raise typer.Exit(finished.returncode)
