"""What the events of one attempt say, and the twenty problems of every adapter's test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)

APPROACHES: Final = {"plan": "plan the sum first", "react": "add, look, repeat"}

PROBLEMS: Final = [f"How much is {n} and {n}?" for n in range(20)]
FAILING: Final = frozenset(PROBLEMS[1::2][:8])
"""The tool raises on these."""


@dataclass
class Recorded:
    """The events of one attempt."""

    events: Sequence[Event]

    @property
    def start(self) -> AttemptStarted:
        (start,) = [e for e in self.events if isinstance(e, AttemptStarted)]
        return start

    @property
    def ends(self) -> list[AttemptEnded]:
        return [e for e in self.events if isinstance(e, AttemptEnded)]

    @property
    def end(self) -> AttemptEnded:
        (end,) = self.ends
        return end

    @property
    def steps(self) -> list[StepRecorded]:
        return [e for e in self.events if isinstance(e, StepRecorded)]

    @property
    def shape(self) -> list[tuple[str, str]]:
        return [(step.kind, step.name) for step in self.steps]

    @property
    def signals(self) -> list[SignalRecorded]:
        return [e for e in self.events if isinstance(e, SignalRecorded)]
