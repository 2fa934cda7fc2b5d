"""What an advisor needs to know of a request, and what it answers."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from pilotfish.advisors.records import Record


class Request(Protocol):
    """The part of a request that decides the answer; `AdviceRequested` has it all."""

    @property
    def request_id(self) -> str:
        """Seeds the draw: the same request gets the same answer."""
        ...

    @property
    def problem(self) -> str:
        """The text of the problem."""
        ...

    @property
    def problem_type(self) -> str:
        """The type that the user gave; empty where there is none."""
        ...

    @property
    def approaches(self) -> Collection[str]:
        """The names of the approaches to choose among."""
        ...


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer to a request; entry i of each tuple is about `approaches[i]`.

    `chosen` is the place of the advised approach, None where no approach is clearly
    better than the others. `p_success` are the chances of success if each is advised.
    `propensities` are those of the draw, whether or not it took place. `records` say how
    the approaches did on problems of this `kind`. `imported` is the share of each chance
    that comes from imported knowledge.
    """

    approaches: tuple[str, ...]
    chosen: int | None
    p_success: tuple[float, ...]
    propensities: tuple[float, ...]
    kind: str
    records: tuple[Record, ...]
    imported: tuple[float, ...]

    @property
    def approach(self) -> str | None:
        """The name of the advised approach."""
        return None if self.chosen is None else self.approaches[self.chosen]

    @property
    def propensity(self) -> float | None:
        """The probability with which the advised approach was drawn."""
        return None if self.chosen is None else self.propensities[self.chosen]
