"""Archives of strategies as `pilotfish strategies export` makes them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pilotfish.consumers.memory.groups.playbook import interval
from pilotfish.schemas.strategy_archive import (
    ArchivedStrategy,
    Count,
    Kind,
    StrategyArchive,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def strategy(id_: str, **changes: Any) -> ArchivedStrategy:
    """An offered strategy that begins with one move of its id."""
    fields = {
        "strategy": id_,
        "name": id_,
        "instruction": f"First use {id_}.",
        "moves": (id_,),
        "patterns": ((id_,), (id_, "answer")),
        "standing": "offered",
    }
    return ArchivedStrategy.model_validate(fields | changes)


def kind(words: str, attempts: int, successes: int) -> Kind:
    """A kind of problems with this many attempts, a strategy's and others."""
    return Kind(
        group_id=f"g-{re.findall(r'[a-z]+', words)[0]}",
        words=words,
        encoder="minilm",
        attempts=attempts,
        successes=successes,
        newest=AT,
    )


def count(
    of: Kind, name: str, attempts: int, successes: int, model: str = "m"
) -> Count:
    """Attempts of a strategy on a kind of problems."""
    low, high = interval(successes, attempts)
    return Count(
        group_id=of.group_id,
        strategy=name,
        model=model,
        attempts=attempts,
        successes=successes,
        low=low,
        high=high,
    )


def archive(
    kinds: Sequence[Kind],
    strategies: Sequence[ArchivedStrategy],
    counts: Sequence[Count],
    exported_at: datetime = AT,
) -> StrategyArchive:
    """An archive of the tenant `acme`."""
    return StrategyArchive(
        tenant="acme",
        exported_at=exported_at,
        pilotfish="0.0.1",
        kinds=tuple(kinds),
        strategies=tuple(strategies),
        counts=tuple(counts),
    )


def two_ways() -> StrategyArchive:
    """On sums `look` works and `guess` fails; on maps nothing is clear."""
    sums, maps = kind("sums carry", 60, 32), kind("maps", 12, 6)
    counts = [
        count(sums, "look", 20, 18),
        count(sums, "look", 10, 9, "other"),
        count(sums, "guess", 30, 5),
        count(maps, "look", 6, 3),
        count(maps, "guess", 4, 2),
    ]
    return archive([sums, maps], [strategy("look"), strategy("guess")], counts)
