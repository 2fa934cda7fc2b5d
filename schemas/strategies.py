"""Strategies that were found in what agents do: what the memory publishes about them."""

from typing import ClassVar, Final, Literal

from pydantic import Field

from pilotfish.schemas.advice import Instruction
from pilotfish.schemas.base import Message, Time, utc_now
from pilotfish.schemas.ids import Identifier, Name, StrategyId
from pilotfish.schemas.labels import MAX_MOVES, Move

Standing = Literal[
    "offered",  # a candidate of advice
    "retired",  # advised long enough to see that it does not help, or by a person
    "merged",  # `merged_into` has taken its place
]

BY_A_PERSON: Final = " by a person"
"""What in a `reason` says that this was a person's decision, which stays."""


class StrategyChanged(Message):
    """How a strategy stands now; the newest message about it counts.

    `moves` are those that stand for it, see `fullest` in strategies/finding.py.
    `instruction` is one line that a model can follow, made of the moves, or written by a
    person.
    """

    schema_version: ClassVar[int] = 1

    tenant: Identifier
    strategy_id: Identifier
    at: Time = Field(default_factory=utc_now)
    name: Name
    instruction: Instruction
    moves: tuple[Move, ...] = Field(default=(), max_length=MAX_MOVES)
    standing: Standing = "offered"
    merged_into: StrategyId = ""
    reason: str = ""

    @property
    def key(self) -> str:
        """The key of the message in the compacted topic."""
        return f"{self.tenant}/{self.strategy_id}"
