"""`pilotfish hints`: explains a hint."""

from typing import Annotated, Any

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.candidates import candidates
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="Explain hints.")

_HINT = """
SELECT request_id, at, approach, text, kind, abstained, holdout, advisor_version,
       candidates, evidence
FROM hints FINAL WHERE tenant = {tenant:String} AND request_id = {request:String}
"""
_COLUMNS = (
    "request",
    "at",
    "approach",
    "text",
    "kind",
    "abstained",
    "holdout",
    "advisor",
)
_CANDIDATES = ("approach", "p_success", "propensity", "attempts", "successes")


@app.command("explain")
def explain(
    request: Annotated[
        str, typer.Argument(help="The id of a request: `hint.request_id` in the SDK.")
    ],
    tenant: Annotated[
        str, typer.Option(help="The tenant; by default PILOTFISH_TENANT.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Show the numbers behind one hint, or behind its abstention.

    For each approach: the advisor's estimate of P(success), the probability of choosing
    it, and its record on this kind of problem at that time.
    """
    from pilotfish.runtime.clickhouse import ClickHouse

    settings = Settings()
    parameters = {"tenant": tenant or settings.tenant, "request": request}
    rows = ClickHouse(settings).query(_HINT, parameters)
    if not rows:
        raise ConfigurationError(
            f"tenant {parameters['tenant']} has no hint {request}: "
            "the column request_id of the table hints lists the ids"
        )
    *values, expected, evidence = rows[0]
    hint: dict[str, Any] = dict(zip(_COLUMNS, values, strict=True))
    hint["candidates"] = candidates(expected, evidence)
    if as_json:
        print_json(hint)
        return
    console.print(_summary(hint), highlight=False)
    table = [_table_row(candidate) for candidate in hint["candidates"]]
    print_rows(_CANDIDATES, table, as_json=False)


def _summary(hint: dict[str, Any]) -> str:
    text = hint["text"] or f"no hint: {hint['abstained']}"
    by = f"{hint['advisor'] or 'no advisor'}, {hint['at']:%Y-%m-%d %H:%M:%S} UTC"
    return f"{text}\n({by}; kind of problem: {hint['kind'] or 'unknown'})"


def _table_row(candidate: dict[str, Any]) -> tuple[object, ...]:
    return (
        candidate["approach"],
        f"{candidate['p_success']:.2f}",
        f"{candidate['propensity']:.3f}",
        candidate["attempts"],
        f"{candidate['successes']:.1f}",
    )
