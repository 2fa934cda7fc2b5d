"""`pilotfish labels`: where a label comes from."""

import json
from typing import Annotated, Any

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="See where labels come from.")

_ATTEMPT = """
SELECT attempt_id, status, p_success, abstained, version, labeller, votes, evidence,
       problem, approach, topic_partition
FROM attempts_current
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
"""
_COLUMNS = (
    *("attempt", "status", "p_success", "abstained", "version", "labeller", "votes"),
    *("evidence", "problem", "approach", "partition"),
)
_NEWEST = 2**63
_SAID = {0.0: "failure", 1.0: "success"}


@app.command("explain")
def explain(
    attempt: Annotated[str, typer.Argument(help="The id of an attempt.")],
    tenant: Annotated[
        str, typer.Option(help="Whose attempt; else PILOTFISH_TENANT.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Show what each labelling function said of an attempt, and what came out.

    A function without a word abstains: its sign is not there. `rules` take the strongest
    evidence for the label; `model` weighs the words by how often each function is right,
    as far as the model of the attempt's partition knows by now.
    """
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.streams.labelling import FUNCTIONS, load
    from pilotfish.streams.labels.model_store import load_model

    settings = Settings()
    load(settings.labelling)
    asked = {"tenant": tenant or settings.tenant, "attempt": attempt}
    clickhouse = ClickHouse(settings)
    rows = clickhouse.query(_ATTEMPT, asked)
    if not rows:
        raise ConfigurationError(
            f"tenant {asked['tenant']} has no attempt {attempt}: "
            "the last column of `pilotfish memory search` shows ids"
        )
    known = dict(zip(_COLUMNS, rows[0], strict=True))
    known["evidence"] = json.loads(known["evidence"] or "[]")
    key = asked["tenant"], known.pop("partition")
    model = load_model(clickhouse, key, _NEWEST)
    known["right"] = {name: round(model.accuracy(name), 3) for name in model.sources}
    if as_json:
        print_json(known)
        return
    console.print(_outcome(known), highlight=False)
    names = {name: _first_line(one) for name, one in FUNCTIONS.items()}
    votes = known["votes"]
    table = [
        (
            *(name, _word(votes.get(name)), _share(known["right"].get(name))),
            names.get(name, "(not registered here)"),
        )
        for name in sorted({*names, *votes}, key=lambda name: (name not in votes, name))
    ]
    print_rows(("function", "says", "is right", "because of"), table, as_json=False)


def _outcome(known: dict[str, Any]) -> str:
    if not known["version"]:
        return f"{known['attempt']} is open: no label yet"
    p_success = known["p_success"]
    said = (
        f"abstains: {known['abstained']}"
        if p_success is None
        else f"{'success' if p_success >= 0.5 else 'failure'}, P(success) {p_success:.2f}"
    )
    by = f"version {known['version']} by {known['labeller']}"
    return f"{known['attempt']} ended {known['status']}; its label ({by}) {said}"


def _word(vote: float | None) -> str:
    return "" if vote is None else _SAID.get(vote, f"{vote:.2f}")


def _share(right: float | None) -> str:
    return "" if right is None else f"{right:.0%}"


def _first_line(function: object) -> str:
    return (function.__doc__ or "").strip().split("\n")[0]
