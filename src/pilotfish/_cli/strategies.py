"""`pilotfish strategies`: shows what strategies agents have, and lets people change them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pilotfish._cli import strategy_changes, strategy_export, strategy_import
from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish._cli.strategy_changes import Tenant
from pilotfish._cli.strategy_import import in_words
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from pilotfish._cli.strategy_evidence import Evidence

app = typer.Typer(
    no_args_is_help=True,
    help="Strategies that were found in what agents do: look at them, correct them.",
)

_LIST: Final = """
SELECT s.strategy AS strategy, s.name AS name, attempts, success_rate, success_low,
       success_high, advised, followed, standing
FROM (SELECT * FROM success_by_strategy WHERE tenant = {tenant:String}) AS s
LEFT JOIN (SELECT * FROM strategy_adherence WHERE tenant = {tenant:String}) AS a
    USING (tenant, strategy)
ORDER BY standing, attempts DESC, strategy
"""
_NONE: Final = (
    "No strategy was found yet. One is found once 20 attempts that named no approach "
    "begin with the same decisions; their agents have to publish steps."
)
_CAVEAT: Final = """\
Success where nobody advised the strategy only nominates it: who chose it may have had
easier problems. What tells is advice against the holdout, because chance decides who is
in it. Who follows advice is not decided by chance: that line is a hint, no proof."""


_COMPARED: Final = {
    "advised": "lift",
    "followed": "followers_lift",
    "not_followed": "",
    "unknown": "",
    "holdout": "",
}
"""Sets of attempts, and what the columns about their lift begin with."""


@app.command("list")
def list_strategies(tenant: Tenant = "", as_json: JsonFlag = False) -> None:
    """List strategies with their success, and how often they were advised and followed.

    Success has its 95 % interval. It is of attempts in whose moves the strategy was found,
    advised or not, so it says what goes together, and not what helps: see
    `pilotfish strategies explain`. Advised and followed count attempts with a label.
    """
    from pilotfish.runtime.clickhouse import ClickHouse

    settings = Settings()
    parameters = {"tenant": tenant or settings.tenant}
    columns, rows = ClickHouse(settings).table(_LIST, parameters)
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    if as_json:
        print_json(found)
    elif not found:
        console.print(_NONE)
    else:
        table = [_listed(strategy) for strategy in found]
        names = list(table[0])
        print_rows(names, [list(row.values()) for row in table], as_json=False)


def _listed(strategy: Mapping[str, Any]) -> dict[str, Any]:
    row = dict(strategy)
    ends = [row.pop(f"success{end}") for end in ("_low", "_high")]
    success = _with_interval(row.pop("success_rate"), *ends)
    first = {name: row.pop(name) for name in ("strategy", "name", "attempts")}
    return {**first, "success": success, **row}


@app.command()
def explain(
    strategy: Annotated[str, typer.Argument(help="An id from `strategies list`.")],
    tenant: Tenant = "",
    as_json: JsonFlag = False,
) -> None:
    """Show what a strategy is, where it works, and whether advising it helps.

    By group of problems: its success beside that of the group's other attempts, and as
    `adjusted` how much more often it succeeds where the texts of the problems foretell the
    same. That needs 20 attempts on either side and 20 different problems, and is shown of
    the five largest groups.

    Then what came of advice: by intention to treat (all that were advised it, followed or
    not, against the holdout) and among followers only. In the holdout an attempt counts by
    the probability with which it would have been advised this strategy, so that both sides
    are about the same problems. Intervals are of 95 %.
    """
    from pilotfish._cli.strategy_evidence import evidence

    settings = Settings()
    found = evidence(settings, tenant or settings.tenant, strategy)
    if found is None:
        raise ConfigurationError(
            f"tenant {tenant or settings.tenant} has no strategy {strategy}: "
            "`pilotfish strategies list` shows their ids"
        )
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)


def _print(found: "Evidence") -> None:
    console.print(f"{found.name} ({found.strategy}): {found.standing}", highlight=False)
    facts = {"": found.reason, "moves": ", ".join(found.moves)}
    facts["instruction"] = found.instruction
    if found.imported is not None:
        facts["imported, against the others there"] = in_words(found.imported)
    for name, fact in facts.items():
        if fact:
            console.print(f"{name}: {fact}" if name else fact, highlight=False)
    groups = [
        (
            *(group.name, group.attempts, _with_interval(*group.success)),
            *(group.others, _with_interval(*group.success_of_others)),
            _with_interval(*group.adjusted),
        )
        for group in found.groups
    ]
    console.print()
    columns = ("group of problems", "attempts", "success", "others", "their success")
    print_rows((*columns, "adjusted"), groups, as_json=False)
    console.print()
    _print_advice(found.advice)
    console.print(f"\n{_CAVEAT}", highlight=False)


def _print_advice(advice: Mapping[str, Any]) -> None:
    """Print what came of advice; it is empty where the strategy was never a candidate."""
    if not advice:
        console.print("It was not advised yet.")
        return
    rows = [
        (
            name.replace("_", " "),
            advice[name],
            _share(advice[f"{name}_success"]),
            _with_interval(*_lift(advice, prefix)) if prefix else "",
        )
        for name, prefix in _COMPARED.items()
    ]
    columns = ("attempts that were", "number", "success", "more than the holdout")
    print_rows(columns, rows, as_json=False)


def _lift(advice: Mapping[str, Any], prefix: str) -> list[float | None]:
    return [advice[f"{prefix}{end}"] for end in ("", "_low", "_high")]


def _with_interval(rate: float | None, low: float | None, high: float | None) -> str:
    if rate is None or low is None or high is None:
        return _share(rate)
    return f"{rate:.2f} ({low:.2f} to {high:.2f})"


def _share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.2f}"


app.command()(strategy_changes.rename)
app.command()(strategy_changes.merge)
app.command()(strategy_changes.retire)
app.command()(strategy_changes.offer)
app.command()(strategy_export.export)
app.command("import")(strategy_import.import_)
