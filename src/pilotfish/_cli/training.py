"""`pilotfish train`: starts a training now, however few labels are new."""

import subprocess
import sys
from typing import Annotated

import typer

from pilotfish.runtime.folders import require_usable
from pilotfish.runtime.settings import Settings


def train(
    tenant: Annotated[
        str | None, typer.Option(help="The tenant; by default PILOTFISH_TENANT.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the verdict as JSON.")
    ] = False,
) -> None:
    """Train a candidate now, compare it with the incumbent, promote it if it is better.

    Exit status: 0 promoted or refused, 75 another training is running, 69 the extra
    `train` is not installed, 1 failed.
    """
    settings = Settings()
    require_usable(settings.home)
    command = [sys.executable, "-m", "pilotfish.trainers"]
    command += ["--tenant", tenant or settings.tenant]
    if as_json:
        command.append("--json")
    finished = subprocess.run(command, check=False)
    raise typer.Exit(finished.returncode)
