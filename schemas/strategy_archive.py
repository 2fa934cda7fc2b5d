"""What `pilotfish strategies export` writes for another tenant or installation.

Kinds of problems, strategies and counts; no text of a problem, an answer or an action.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from pilotfish.schemas.advice import Instruction
from pilotfish.schemas.base import Time, Value
from pilotfish.schemas.ids import Identifier, Name
from pilotfish.schemas.labels import MAX_MOVES, Move

MOST_STRATEGIES: Final = 1000
MOST_GROUPS: Final = 1000
MOST_COUNTS: Final = 100_000
MOST_PATTERNS: Final = 1000
"""Patterns of one strategy."""
MAX_CENTROID: Final = 4096

Words = Annotated[str, StringConstraints(max_length=500)]
Reason = Annotated[str, StringConstraints(max_length=2000)]
Pattern = Annotated[tuple[Move, ...], Field(min_length=1, max_length=MAX_MOVES)]
Share = Annotated[float, Field(ge=0, le=1)]


class Kind(Value):
    """A group of similar problems, by the words that tell it from the others.

    `centroid` is the mean of its problems as the encoder sees them; empty where they are so
    few that it would be as good as one of them. `newest` is when its newest attempt began.
    """

    group_id: Identifier
    words: Words
    encoder: Words
    centroid: tuple[float, ...] = Field(default=(), max_length=MAX_CENTROID)
    attempts: int = Field(ge=0)
    successes: int = Field(ge=0)
    newest: Time


class Count(Value):
    """Labelled attempts of a strategy on a kind of problems by one model.

    `low` and `high` are the 95 % interval of their success.
    """

    group_id: Identifier
    strategy: Identifier
    model: Words
    attempts: int = Field(gt=0)
    successes: int = Field(ge=0)
    low: Share
    high: Share


class ArchivedStrategy(Value):
    """A strategy as its tenant had it; `patterns` are beginnings of attempts that used it.

    The lift is of advice against the holdout; None where it was not measured.
    """

    strategy: Identifier
    name: Name
    instruction: Instruction
    moves: tuple[Move, ...] = Field(default=(), max_length=MAX_MOVES)
    patterns: tuple[Pattern, ...] = Field(default=(), max_length=MOST_PATTERNS)
    standing: Literal["offered", "retired"]
    reason: Reason = ""
    advised: int = Field(default=0, ge=0)
    followed: int = Field(default=0, ge=0)
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None


class StrategyArchive(Value):
    """One tenant's strategies, and where they come from."""

    layout: Literal[1] = 1
    tenant: Identifier
    exported_at: Time
    pilotfish: Words
    kinds: tuple[Kind, ...] = Field(max_length=MOST_GROUPS)
    strategies: tuple[ArchivedStrategy, ...] = Field(max_length=MOST_STRATEGIES)
    counts: tuple[Count, ...] = Field(max_length=MOST_COUNTS)

    def counted(self, group_id: str, strategy: str) -> tuple[int, int]:
        """Return attempts and successes of a strategy on a kind of problems, by any model."""
        return self._counted.get((group_id, strategy), (0, 0))

    @cached_property
    def _counted(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        counted: dict[tuple[str, str], tuple[int, int]] = {}
        for count in self.counts:
            pair = count.group_id, count.strategy
            attempts, successes = counted.get(pair, (0, 0))
            counted[pair] = attempts + count.attempts, successes + count.successes
        return counted
