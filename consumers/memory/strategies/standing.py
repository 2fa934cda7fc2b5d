"""What is to be said of strategies: that they are new, merged, or of no use."""

from collections.abc import Mapping

from pilotfish.consumers.memory.strategies.evidence import Effect
from pilotfish.consumers.memory.strategies.wording import Wording
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.strategies import BY_A_PERSON, StrategyChanged
from pilotfish.strategies.finding import Found

Known = Mapping[str, StrategyChanged]
"""How a tenant's strategies stand, by id."""


def changes_of(
    tenant: str, now: Found, known: Known, wording: Wording
) -> list[StrategyChanged]:
    """Return the strategies that are new, and those that were merged into others."""
    patterns = {id_: p for id_, p in now.patterns.items() if id_ not in known}
    new = [
        StrategyChanged(
            tenant=tenant,
            strategy_id=id_,
            name=words.name,
            instruction=words.instruction,
            moves=patterns[id_],
        )
        for id_, words in wording(patterns).items()
    ]
    merged = [
        _changed(known[old], standing="merged", merged_into=into)
        for old, into in now.merged.items()
        if old in known and known[old].standing != "merged"
    ]
    return new + merged


def without_gain(known: Known, effects: Mapping[str, Effect]) -> list[StrategyChanged]:
    """Return the offered strategies that are retired, because advising them does not help.

    One that a person offered stays, unless that let in what was imported: imported
    knowledge is taken out then, and if the person offers the strategy again, it stays.
    """
    return [
        _changed(
            strategy,
            standing="retired",
            reason=_and(strategy, effects[id_]),
            imported=None,
        )
        for id_, strategy in known.items()
        if strategy.standing == "offered"
        and not _is_kept(strategy)
        and id_ in effects
        and effects[id_].is_no_gain
    ]


def _is_kept(strategy: StrategyChanged) -> bool:
    own = strategy.imported is None
    return own and f"offered{BY_A_PERSON}" in strategy.reason


def _and(strategy: StrategyChanged, effect: Effect) -> str:
    return "; ".join(filter(None, (strategy.reason, str(effect))))


def _changed(strategy: StrategyChanged, **changes: str | None) -> StrategyChanged:
    return strategy.model_copy(update={**changes, "at": utc_now()})
