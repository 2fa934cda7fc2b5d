"""All rows of the table: what `make faults` runs at length, and CI in short."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from faults import rounds, trainings
from faults.kinds import FAULTS, Rounds
from faults.processes import Platform
from faults.rounds import Play, Result


class Row(NamedTuple):
    """A fault and how to let it happen."""

    name: str
    rounds: Rounds
    run: Callable[[Platform, Play], Result]


ROWS = (
    *(Row(fault.name, fault.rounds, partial(rounds.run, fault)) for fault in FAULTS),
    Row("trainer killed at each stage", Rounds(5, 1), trainings.run),
)
