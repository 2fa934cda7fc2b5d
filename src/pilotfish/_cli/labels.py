"""`pilotfish labels`: explains a label."""

import json
from typing import Annotated, Any

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="Explain labels.")

_ATTEMPT = """
SELECT attempt_id, status, p_success, abstained, version, labeller, votes, evidence,
       problem, approach, topic_partition
FROM attempts_current
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
"""
_COLUMNS = (
    "attempt",
    "status",
    "p_success",
    "abstained",
    "version",
    "labeller",
    "votes",
    "evidence",
    "problem",
    "approach",
    "partition",
)
_NEWEST = 2**63
_VOTES = {0.0: "failure", 1.0: "success"}


@app.command("explain")
def explain(
    attempt: Annotated[str, typer.Argument(help="The id of an attempt.")],
    tenant: Annotated[
        str, typer.Option(help="The tenant; by default PILOTFISH_TENANT.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Show the vote of each labelling function on an attempt, and the label.

    A function without a vote abstains: it found no evidence. A label by `rules` follows
    the strongest evidence; a label by `model` weighs the votes by the accuracy of each
    function, as the model of the attempt's partition estimates it now.
    """
    from pilotfish.runtime.clickhouse import ClickHouse
    from pilotfish.streams.labelling import FUNCTIONS, load
    from pilotfish.streams.labels.model_store import load_model

    settings = Settings()
    load(settings.labelling)
    parameters = {"tenant": tenant or settings.tenant, "attempt": attempt}
    clickhouse = ClickHouse(settings)
    rows = clickhouse.query(_ATTEMPT, parameters)
    if not rows:
        raise ConfigurationError(
            f"tenant {parameters['tenant']} has no attempt {attempt}: "
            "the last column of `pilotfish memory search` lists ids"
        )
    label: dict[str, Any] = dict(zip(_COLUMNS, rows[0], strict=True))
    label["evidence"] = json.loads(label["evidence"] or "[]")
    key = parameters["tenant"], label.pop("partition")
    model = load_model(clickhouse, key, _NEWEST)
    label["right"] = {name: round(model.accuracy(name), 3) for name in model.sources}
    if as_json:
        print_json(label)
        return
    console.print(_summary(label), highlight=False)
    print_rows(
        ("function", "vote", "accuracy", "evidence"),
        _table(label, {name: _first_line(f) for name, f in FUNCTIONS.items()}),
        as_json=False,
    )


def _table(
    label: dict[str, Any], descriptions: dict[str, str]
) -> list[tuple[str, str, str, str]]:
    """Return a row for each function, those that voted first."""
    votes = label["votes"]
    names = {*descriptions, *votes}
    return [
        (
            name,
            _vote(votes.get(name)),
            _share(label["right"].get(name)),
            descriptions.get(name, "(not registered here)"),
        )
        for name in sorted(names, key=lambda name: (name not in votes, name))
    ]


def _summary(label: dict[str, Any]) -> str:
    if not label["version"]:
        return f"{label['attempt']} is open: no label yet"
    p_success = label["p_success"]
    value = (
        f"abstains: {label['abstained']}"
        if p_success is None
        else f"is {'success' if p_success >= 0.5 else 'failure'}, "
        f"P(success) {p_success:.2f}"
    )
    by = f"version {label['version']} by {label['labeller']}"
    return f"{label['attempt']} ended {label['status']}; its label ({by}) {value}"


def _vote(vote: float | None) -> str:
    return "" if vote is None else _VOTES.get(vote, f"{vote:.2f}")


def _share(accuracy: float | None) -> str:
    return "" if accuracy is None else f"{accuracy:.0%}"


def _first_line(function: object) -> str:
    return (function.__doc__ or "").strip().split("\n")[0]
