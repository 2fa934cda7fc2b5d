"""All rows of the table that `make faults` prints."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from faults import rounds, spans, trainings
from faults.kinds import FAULTS
from faults.processes import Platform
from faults.rounds import Play, Result


class Row(NamedTuple):
    """A fault and how to let it happen."""

    name: str
    rounds: int
    run: Callable[[Platform, Play], Result]


ROWS = (
    *(Row(fault.name, fault.rounds, partial(rounds.run, fault)) for fault in FAULTS),
    Row("kill -9 of the door, the consumer of traces and Kafka", 10, spans.run),
    Row("trainer killed at each stage", 5, trainings.run),
)
