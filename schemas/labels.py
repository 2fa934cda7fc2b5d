"""Labels: what the stream processors publish about an attempt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from pilotfish.schemas.base import Message, Time, Value
from pilotfish.schemas.events import Agent, HintMark, Problem, SignalKind
from pilotfish.schemas.ids import Identifier, Name, StrategyId

MAX_ACTIONS = 64
"""A label has the names of this many actions, the first ones."""

MAX_MOVES = 16
"""A label has this many different moves, the first ones."""

MAX_MOVE = 100
"""Characters of a move."""

MAX_ASKER = 200
"""Characters of the asker's name."""

Move = Annotated[str, StringConstraints(min_length=1, max_length=MAX_MOVE)]


class Evidence(Value):
    """One signal that a label is based on; `value` None means that it abstains."""

    kind: SignalKind
    value: float | None
    source: str = ""


class AttemptLabelled(Message):
    """P(success) of one attempt; a revision has a higher `version`.

    `p_success` is None if the label abstains, with the reason in `abstained`.
    `first_offset` and `offset` are offsets in the attempt's partition of
    `pilotfish.events`: of the event that first labelled the attempt, and of the newest
    event that this label includes. The message is in the same partition number of
    `pilotfish.labels`.

    A label that abstains as `FORGOTTEN` retracts all earlier ones: it has the problem so
    that learners can un-learn it, and nobody may store it.

    `votes` are the votes of the labelling functions that did not abstain, by name.
    `actions` are the names of the attempt's first actions, in order; `moves` its different
    decisions in the order of their first occurrence, see `strategies/moves.py`. `strategy`
    is what these were found to be, empty as long as nothing was found. `asker` is who
    asked the question, if the agent published that; empty otherwise.
    """

    schema_version: ClassVar[int] = 3

    tenant: Identifier
    attempt_id: Identifier
    version: int = Field(ge=1)
    labeller: str
    p_success: float | None = Field(default=None, ge=0, le=1)
    abstained: str = ""
    evidence: tuple[Evidence, ...] = ()
    votes: dict[Name, float] = Field(default_factory=dict)
    problem: Problem
    problem_type: str = ""
    approach: Name | None = None
    agent: Agent = Agent()
    hint: HintMark | None = None
    started_at: Time
    ended_at: Time
    steps: int = Field(default=0, ge=0)
    cost: float = Field(default=0.0, ge=0)
    tokens: int = Field(default=0, ge=0)
    actions: tuple[Name, ...] = Field(default=(), max_length=MAX_ACTIONS)
    moves: tuple[Move, ...] = Field(default=(), max_length=MAX_MOVES)
    strategy: StrategyId = ""
    asker: str = Field(default="", max_length=MAX_ASKER)
    partition: int = Field(ge=0)
    first_offset: int = Field(ge=0)
    offset: int = Field(ge=0)

    @property
    def tried(self) -> str:
        """What learners count the attempt for: its approach if named, else its strategy."""
        return self.approach or self.strategy


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A label, where it lies in `pilotfish.labels`, and when it was put there."""

    label: AttemptLabelled
    partition: int
    offset: int
    at: datetime
