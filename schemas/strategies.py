"""Strategies that were found in what agents do: what the memory publishes about them."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from pilotfish.schemas.advice import Instruction
from pilotfish.schemas.base import Message, Time, Value, utc_now
from pilotfish.schemas.ids import Identifier, Name, StrategyId
from pilotfish.schemas.labels import MAX_MOVES, Move

Standing = Literal[
    "offered",  # a candidate of advice
    "retired",  # advised long enough to see that it does not help, or by a person
    "merged",  # `merged_into` has taken its place
]

BY_A_PERSON: Final = " by a person"
"""What in a `reason` says that this was a person's decision, which stays."""

MOST_WORTH: Final = 8.0
"""Attempts as which imported knowledge counts at most."""
MOST_KINDS: Final = 32
"""Kinds of problems of which a message has imported knowledge: it stays below 120 kB."""
DIM: Final = 384
"""Numbers of a problem's vector in the memory."""

Gain = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Worth = Annotated[float, Field(ge=0, le=MOST_WORTH, allow_inf_nan=False)]
Mean = Annotated[tuple[float, ...], Field(max_length=DIM)]


class Prior(Value):
    """What is known from elsewhere, which counts as `worth` attempts of the tenant's own.

    `gain` is how much more often a strategy succeeded than all strategies together.
    """

    gain: Gain = 0.0
    worth: Worth = 0.0


class KindPrior(Prior):
    """A prior on one kind of problems; `mean` is that of their vectors in the memory."""

    mean: Mean


class Imported(Prior):
    """What an archive knows of a strategy as a whole, and on kinds of problems.

    `encoder` is the one by which the archive's memory embedded them.
    """

    encoder: str = ""
    kinds: tuple[KindPrior, ...] = Field(default=(), max_length=MOST_KINDS)


class StrategyChanged(Message):
    """How a strategy stands now; the newest message about it counts.

    `moves` are those that stand for it, see `fullest` in strategies/finding.py.
    `instruction` is one line that a model can follow, made of the moves, or written by a
    person. `imported` is there until the holdout retires a strategy that came in with an
    archive.
    """

    schema_version: ClassVar[int] = 2

    tenant: Identifier
    strategy_id: Identifier
    at: Time = Field(default_factory=utc_now)
    name: Name
    instruction: Instruction
    moves: tuple[Move, ...] = Field(default=(), max_length=MAX_MOVES)
    standing: Standing = "offered"
    merged_into: StrategyId = ""
    reason: str = ""
    imported: Imported | None = None

    @property
    def key(self) -> str:
        """The key of the message in the compacted topic."""
        return f"{self.tenant}/{self.strategy_id}"
