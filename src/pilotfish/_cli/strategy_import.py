"""`pilotfish strategies import`: strategies of another place, retired until offered."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotfish._cli.output import JsonFlag, print_json, print_rows
from pilotfish._cli.strategy_changes import IMPORTED, Tenant, publish
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import micros, utc_now
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.strategies import StrategyChanged

if TYPE_CHECKING:
    from pilotfish.schemas.strategies import Imported, Prior
    from pilotfish.schemas.strategy_archive import ArchivedStrategy, StrategyArchive

_SHOWN: Final = (
    *("strategy", "name", "instruction", "attempts", "against the others, counts as"),
    "what becomes of it",
)


def import_(
    file: Annotated[Path, typer.Argument(help="An archive of `strategies export`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    tenant: Tenant = "",
    as_json: JsonFlag = False,
) -> None:
    """Take in strategies of another tenant or installation.

    First this shows all that would come in, and asks. What comes in stands as retired, with
    where it comes from as the reason: no hint names it, and none of its text enters a
    prompt, before you let it with `pilotfish strategies offer ID`. Attempts of your own
    agents that begin so are counted for it. A strategy that you have already stays as it is.

    What its counts say counts once it is offered: how much better than the others it did
    there, on such kinds of problems, as eight attempts of your own at most. If your holdout
    shows that it does not help, it is retired and that is taken out.
    """
    from pilotfish._cli.strategy_file import read
    from pilotfish.runtime.catalogue import catalogue
    from pilotfish.strategies.priors import imported

    settings = Settings()
    tenant = tenant or settings.tenant
    found = read(file)
    priors = imported(found)
    known = catalogue(settings).of(tenant)
    new = [each for each in found.strategies if each.strategy not in known]
    if as_json and not yes:
        raise ConfigurationError("add --yes: with --json no question is asked")
    if not as_json:
        _show(found, priors, {each.strategy for each in new})
    if new and not yes:
        typer.confirm(f"Take these {len(new)} in for {tenant}, retired?", abort=True)
    _take(settings, tenant, found, priors, new)
    # Also of those that came before: an import that was interrupted is to be repeated.
    foreign = [
        each
        for each in found.strategies
        if each.strategy not in known
        or known[each.strategy].reason.startswith(IMPORTED)
    ]
    _take_patterns(settings, tenant, foreign)
    if as_json:
        print_json({"imported": [each.strategy for each in new]})
        return
    console.print(f"{len(new)} strategies came in; `strategies offer ID` offers one")


def in_words(prior: "Prior") -> str:
    """Return what is known from elsewhere as a person reads it."""
    return f"{prior.gain:+.0%}, {prior.worth:.0f} attempts"


def _show(
    found: "StrategyArchive", priors: Mapping[str, "Imported"], new: set[str]
) -> None:
    console.print(
        f"From tenant {found.tenant}, {found.exported_at:%Y-%m-%d}, by pilotfish "
        f"{found.pilotfish}; {len(found.kinds)} kinds of problems: "
        + ", ".join(kind.words for kind in found.kinds if kind.words)
    )
    rows = [
        (
            *(each.strategy, each.name, each.instruction, _attempts(found, each)),
            in_words(priors[each.strategy]),
            "comes in, retired" if each.strategy in new else "is known: stays",
        )
        for each in found.strategies
    ]
    print_rows(_SHOWN, rows, as_json=False)


def _attempts(found: "StrategyArchive", strategy: "ArchivedStrategy") -> int:
    its = [each for each in found.counts if each.strategy == strategy.strategy]
    return sum(count.attempts for count in its)


def _take(
    settings: Settings,
    tenant: str,
    found: "StrategyArchive",
    priors: Mapping[str, "Imported"],
    new: Sequence["ArchivedStrategy"],
) -> None:
    """Say how each strategy stands: retired, whatever it was where it comes from."""
    from pilotfish.advisors.hint_text import one_line

    for each in new:
        change = StrategyChanged(
            tenant=tenant,
            strategy_id=each.strategy,
            name=one_line(each.name) or each.strategy,
            instruction=one_line(each.instruction),
            moves=each.moves,
            standing="retired",
            reason=f"{IMPORTED}tenant {found.tenant}, {found.exported_at:%Y-%m-%d}",
            imported=priors[each.strategy],
        )
        publish(settings, change, 0)


def _take_patterns(
    settings: Settings, tenant: str, strategies: Iterable["ArchivedStrategy"]
) -> None:
    """Let attempts that begin so count for the strategies, where the tenant has no other."""
    from pilotfish.consumers.memory.strategies.tables import Tables
    from pilotfish.runtime.clickhouse import ClickHouse

    tables = Tables(ClickHouse(settings))
    there = tables.patterns(tenant)
    new = {
        pattern: each.strategy
        for each in strategies
        for pattern in each.patterns
        if pattern not in there
    }
    tables.write_patterns(tenant, new, micros(utc_now()))
