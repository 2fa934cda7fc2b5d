"""`pilotfish demo`: the complete learning loop on real problems."""

from pathlib import Path
from typing import Annotated

import typer

from pilotfish.runtime.console import console


def demo(
    attempts: Annotated[
        int, typer.Option(min=60, help="How many attempts the agent makes.")
    ] = 2400,
    seed: Annotated[
        int, typer.Option(help="Seed of the problems and random choices.")
    ] = 1,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the numbers to this file.")
    ] = None,
    agent: Annotated[
        str,
        typer.Option(
            help="`portfolio`, or `openai:MODEL` for a server that speaks OpenAI's "
            "protocol at OPENAI_BASE_URL, with OPENAI_API_KEY."
        ),
    ] = "portfolio",
    unnamed: Annotated[
        bool,
        typer.Option(
            "--unnamed",
            help="The agent names no approach: strategies are found in what it does.",
        ),
    ] = False,
    keep_running: Annotated[
        bool, typer.Option(help="Keep the platform running at the end, until Ctrl-C.")
    ] = False,
) -> None:
    """Watch pilotfish learn: from no data to advice that raises the success rate.

    Real problems of many families, a real agent whose approaches succeed or fail, and
    the platform of `pilotfish up` in a folder of its own.
    """
    from pilotfish.demo.main import Plan, play
    from pilotfish.infra.embedded.interrupts import raise_at_first_interrupt

    plan = Plan(
        attempts=attempts,
        seed=seed,
        agent=agent,
        json_file=json_file,
        keep=keep_running,
        unnamed=unnamed,
    )
    raise_at_first_interrupt()
    play(plan, console)
