"""`pilotfish memory`: searches past attempts."""

from dataclasses import asdict
from typing import Annotated

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.remembered import Remembered, SearchMode

app = typer.Typer(
    no_args_is_help=True, help="Search past attempts at similar problems."
)

_MAX_CHARACTERS = 60


@app.command("search")
def search_memory(
    text: Annotated[str, typer.Argument(help="A problem, in your own words.")],
    k: Annotated[
        int, typer.Option("--k", min=1, max=100, help="How many attempts to show.")
    ] = 5,
    words: Annotated[
        bool,
        typer.Option(
            "--words", help="Problems that contain all these words, newest first."
        ),
    ] = False,
    both: Annotated[
        bool,
        typer.Option(
            "--both", help="By meaning and by words, with the rankings fused."
        ),
    ] = False,
    tenant: Annotated[
        str, typer.Option(help="The tenant; by default PILOTFISH_TENANT.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Show attempts at similar problems: approach, outcome, cost, actions.

    For example: pilotfish memory search "How many singers are there?" --k 10

    The search is by meaning: it also finds the same question in other words. Similarity
    is 1 for the same text; from 0.85 on it is usually the same question. An outcome other
    than success or failure is the reason why there is no label.
    """
    from pilotfish.consumers.memory.search import opened

    settings = Settings()
    mode: SearchMode = "both" if both else "words" if words else "meaning"
    attempts = opened(settings)(tenant or settings.tenant, text, k, mode)
    if as_json:
        print_json([asdict(attempt) for attempt in attempts])
        return
    rows = [_row(attempt) for attempt in attempts]
    columns = list(rows[0]) if rows else []
    print_rows(columns, [list(row.values()) for row in rows], as_json=False)


def _row(attempt: Remembered) -> dict[str, object]:
    p_success = "" if attempt.p_success is None else f" {attempt.p_success:.2f}"
    return {
        "similarity": f"{attempt.similarity:.3f}",
        "outcome": f"{attempt.outcome}{p_success}",
        "approach": attempt.approach,
        "problem": _short(attempt.problem),
        "type": attempt.problem_type,
        "steps": attempt.steps,
        "cost": f"{attempt.cost:g}",
        "seconds": f"{attempt.duration_s:.1f}",
        "actions": _short(" > ".join(attempt.actions)),
        "attempt": attempt.attempt_id,
    }


def _short(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= _MAX_CHARACTERS:
        return line
    return line[: _MAX_CHARACTERS - 3] + "..."
