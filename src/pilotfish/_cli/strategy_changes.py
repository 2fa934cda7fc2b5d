"""`pilotfish strategies rename`, `merge`, `retire`, `offer`: what people say of strategies.

What a person said stays: the memory gives names and instructions to new strategies only.
"""

from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError

from pilotfish.runtime.console import console
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.codec import wrong_field
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.strategies import BY_A_PERSON, StrategyChanged

Tenant = Annotated[str, typer.Option(help="The tenant; by default PILOTFISH_TENANT.")]
Strategy = Annotated[str, typer.Argument(help="An id from `strategies list`.")]

_ATTEMPTS: Final = """
SELECT attempts FROM strategies FINAL
WHERE tenant = {tenant:String} AND strategy = {strategy:String}
"""
_RENAMED: Final = f"renamed{BY_A_PERSON}"
IMPORTED: Final = "imported from "
_STAYS: Final = (_RENAMED, IMPORTED)
"""Beginnings of those parts of a reason that a new standing does not replace."""


def rename(
    strategy: Strategy,
    name: Annotated[str, typer.Argument(help="What people are to call it.")],
    instruction: Annotated[
        str,
        typer.Option(help="The line that hints give to agents; as it was if empty."),
    ] = "",
    tenant: Tenant = "",
) -> None:
    """Give a strategy a better name, and if you like a better instruction.

    For example: pilotfish strategies rename look-query-1f09ab "look first" --instruction
    "Look at the tables and their columns first, then write the query."

    Its id stays, and so does what you wrote: it is not replaced when the strategy changes.
    Every agent that is advised the strategy reads the instruction from now on.
    """
    from pilotfish.advisors.hint_text import one_line

    old = standing(settings := Settings(), tenant or settings.tenant, strategy)
    change(
        settings,
        old,
        name=one_line(name),
        instruction=one_line(instruction) or old.instruction,
        reason=_with(old.reason, _RENAMED),
    )
    console.print(f"{strategy} is called {one_line(name)}")


def merge(
    strategy: Strategy,
    into: Annotated[str, typer.Argument(help="The strategy that takes its place.")],
    tenant: Tenant = "",
) -> None:
    """Say that a strategy is the same as another one, which takes its place.

    The memory then counts its attempts, also the old ones, for the other. There is no way
    back: where two only look alike, rename them.
    """
    settings = Settings()
    tenant = tenant or settings.tenant
    old, other = (standing(settings, tenant, id_) for id_ in (strategy, into))
    if strategy == into:
        raise ConfigurationError(f"{into} cannot be merged into itself: name another")
    reason = _with(old.reason, f"merged{BY_A_PERSON}")
    change(
        settings, old, standing="merged", merged_into=other.strategy_id, reason=reason
    )
    console.print(f"{into} takes the place of {strategy}")


def retire(
    strategy: Strategy,
    reason: Annotated[str, typer.Option(help="The reason, stored with it.")] = "",
    tenant: Tenant = "",
) -> None:
    """Advise a strategy no more, for example because it is too dear or not allowed.

    It is still found in attempts, and counted. `strategies offer` takes it back.
    """
    from pilotfish.advisors.hint_text import one_line

    old = standing(settings := Settings(), tenant or settings.tenant, strategy)
    said = f"retired{BY_A_PERSON}{': ' if reason else ''}{one_line(reason)}"
    change(settings, old, standing="retired", reason=_with(old.reason, said))
    console.print(f"{strategy} is advised no more")


def offer(strategy: Strategy, tenant: Tenant = "") -> None:
    """Let hints advise a strategy again, whoever retired it; or one that was imported."""
    old = standing(settings := Settings(), tenant or settings.tenant, strategy)
    reason = _with(old.reason, f"offered{BY_A_PERSON}")
    change(settings, old, standing="offered", reason=reason)
    console.print(f"{strategy} may be advised: {old.instruction}")


def standing(settings: Settings, tenant: str, strategy: str) -> StrategyChanged:
    """Return how a strategy stands that was not merged into another one.

    Raises:
        ConfigurationError: there is none of this id, or another one took its place.
        UnavailableError: as `runtime.catalogue.catalogue`.
    """
    from pilotfish.runtime.catalogue import catalogue

    found = catalogue(settings).of(tenant).get(strategy)
    if found is None:
        raise ConfigurationError(
            f"tenant {tenant} has no strategy {strategy}: "
            "`pilotfish strategies list` shows their ids"
        )
    if found.standing == "merged":
        raise ConfigurationError(
            f"{strategy} is no more: name {found.merged_into}, which took its place"
        )
    return found


def change(settings: Settings, old: StrategyChanged, **fields: Any) -> None:
    """Publish what changes of a strategy, see `publish`."""
    from pilotfish.runtime.clickhouse import ClickHouse

    keys = {"tenant": old.tenant, "strategy": old.strategy_id}
    rows = ClickHouse(settings).query(_ATTEMPTS, keys)
    said = {**old.model_dump(), "at": utc_now(), **fields}
    try:
        new = StrategyChanged.model_validate(said)
    except ValidationError as error:
        raise ConfigurationError(": ".join(wrong_field(error))) from error
    publish(settings, new, rows[0][0] if rows else 0)


def publish(settings: Settings, new: StrategyChanged, attempts: int) -> None:
    """Say how a strategy stands.

    1. To Kafka, which the services follow. If the next step fails, the command is to be
       repeated, and says the same again.
    2. To the table, which people read.
    """
    from pilotfish.consumers.memory.strategies.tables import Tables
    from pilotfish.runtime.catalogue import announce
    from pilotfish.runtime.clickhouse import ClickHouse

    announce(settings, new)
    Tables(ClickHouse(settings)).write_strategies([new], {new.strategy_id: attempts})


def _with(reason: str, said: str) -> str:
    """Return the reason with what is said now in place of what was said of its standing."""
    kept = [part for part in reason.split("; ") if part.startswith(_STAYS)]
    if said == _RENAMED:
        kept = [part for part in reason.split("; ") if part not in ("", said)]
    return "; ".join([*kept, said])
