"""`pilotfish hints`: why a hint says what it says."""

from typing import Annotated, Any

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="See what hints are made of.")

_HINT = """
SELECT request_id, at, approach, text, kind, abstained, holdout, advisor_version,
       candidates, evidence
FROM hints FINAL WHERE tenant = {tenant:String} AND request_id = {request:String}
"""
_COLUMNS = (
    *("request", "at", "approach", "text", "kind", "abstained", "holdout", "advisor"),
)
_CANDIDATES = ("approach", "p_success", "propensity", "attempts", "successes")


@app.command("explain")
def explain(
    request: Annotated[
        str, typer.Argument(help="The id of a request: `hint.request_id` in the SDK.")
    ],
    tenant: Annotated[
        str, typer.Option(help="Whose request; else PILOTFISH_TENANT.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Show the numbers behind one hint, or behind its silence.

    For each approach that was offered: P(success) as the advisor saw it, how likely the
    draw was to choose it, and how it had done on this kind of problem by then.
    """
    from pilotfish.runtime.clickhouse import ClickHouse

    settings = Settings()
    asked = {"tenant": tenant or settings.tenant, "request": request}
    rows = ClickHouse(settings).query(_HINT, asked)
    if not rows:
        raise ConfigurationError(
            f"tenant {asked['tenant']} has no hint {request}: "
            "the column request_id of the table hints has ids"
        )
    *about, candidates, evidence = rows[0]
    known = dict(zip(_COLUMNS, about, strict=True))
    known["candidates"] = _candidates(candidates, evidence)
    if as_json:
        print_json(known)
        return
    console.print(_said(known), highlight=False)
    print_rows(_CANDIDATES, [_shown(one) for one in known["candidates"]], as_json=False)


def _candidates(
    candidates: list[dict[str, Any]], evidence: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the candidates with what was known of each, the most likely first."""
    nothing = {"attempts": 0, "successes": 0.0}
    counted = {one["approach"]: one for one in evidence}
    rows = [{**one, **counted.get(one["approach"], nothing)} for one in candidates]
    return sorted(rows, key=lambda row: -float(row["propensity"]))


def _said(known: dict[str, Any]) -> str:
    what = known["text"] or f"nothing: {known['abstained']}"
    by = f"{known['advisor'] or 'no advisor'}, {known['at']:%Y-%m-%d %H:%M:%S} UTC"
    return f"{what}\n({by}; kind of problem: {known['kind'] or 'unknown'})"


def _shown(one: dict[str, Any]) -> tuple[object, ...]:
    chances = f"{one['p_success']:.2f}", f"{one['propensity']:.3f}"
    return one["approach"], *chances, one["attempts"], f"{one['successes']:.1f}"
