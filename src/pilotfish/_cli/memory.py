"""`pilotfish memory`: what was tried before, and how it went."""

from dataclasses import asdict
from typing import Annotated

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.remembered import Remembered, SearchMode

app = typer.Typer(
    no_args_is_help=True, help="Look up what was tried on similar problems."
)

_SHOWN = 60


@app.command("search")
def search_memory(
    text: Annotated[str, typer.Argument(help="A problem, in your words.")],
    k: Annotated[int, typer.Option("--k", min=1, max=100, help="How many.")] = 5,
    words: Annotated[
        bool,
        typer.Option("--words", help="Problems with all these words, newest first."),
    ] = False,
    both: Annotated[
        bool, typer.Option("--both", help="By meaning and by words, the ranks fused.")
    ] = False,
    tenant: Annotated[
        str, typer.Option(help="Whose attempts; else PILOTFISH_TENANT.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Show attempts at problems like this one: approach, outcome, cost, actions.

    For example: pilotfish memory search "How many singers are there?" --k 10

    By meaning: the same question in other words is found, too. Similarity is 1 for the
    same text; from 0.85 on it is mostly the same question. An outcome that is neither
    success nor failure says why nobody can tell.
    """
    from pilotfish.consumers.memory.search import opened

    settings = Settings()
    mode: SearchMode = "both" if both else "words" if words else "meaning"
    found = opened(settings)(tenant or settings.tenant, text, k, mode)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [_row(one) for one in found]
    print_rows(
        list(rows[0]) if rows else [], [list(r.values()) for r in rows], as_json=False
    )


def _row(one: Remembered) -> dict[str, object]:
    sure = "" if one.p_success is None else f" {one.p_success:.2f}"
    return {
        "similarity": f"{one.similarity:.3f}",
        "outcome": f"{one.outcome}{sure}",
        "approach": one.approach,
        "problem": _short(one.problem),
        "type": one.problem_type,
        "steps": one.steps,
        "cost": f"{one.cost:g}",
        "seconds": f"{one.duration_s:.1f}",
        "actions": _short(" > ".join(one.actions)),
        "attempt": one.attempt_id,
    }


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "..."
