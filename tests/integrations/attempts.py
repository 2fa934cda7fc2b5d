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
from pilotfish.testing import MemoryClient

APPROACHES: Final = {"plan": "plan the sum first", "react": "add, look, repeat"}

HINT: Final = "Use the approach 'plan': plan the sum first"
"""What the memory's advisor says of `plan`."""

FOUND: Final = "plan-show-b54a57"
"""A strategy that nobody named."""

PROBLEMS: Final = [f"How much is {n} and {n}?" for n in range(20)]
FAILING: Final = frozenset(PROBLEMS[1::2][:8])
"""The tool raises on these."""

MODEL: Final = "gpt-4o"
COST: Final = 0.0026
"""Of one call of the model, which reads 1,000 tokens and writes 10: 2.50 and 10 US dollars a
million tokens."""
ONE_CALL: Final = [
    ("thought", MODEL),
    ("action", "add"),
    ("observation", "add"),
    ("answer", MODEL),
]
"""The steps of a run that succeeds."""


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


def check_found(pilot: MemoryClient, attempts: Sequence[Recorded]) -> None:
    """Check that the one attempt was advised of `FOUND`, which is not its approach."""
    (request,), (attempt,) = pilot.requests, attempts
    assert request.approaches == {}
    assert attempt.end.approach is None
    assert attempt.end.hint is not None and attempt.end.hint.approach == FOUND


def check_twenty(
    attempts: Sequence[Recorded], thought: str, arguments: str, end: str = "succeeded"
) -> None:
    """Compare the attempts of the twenty problems with what the agents did.

    Args:
        attempts: all there are.
        thought: what each call of the tool has in its thought.
        arguments: how the arguments of the tool begin.
        end: the status of those that did not fail.
    """
    by_problem = {attempt.start.problem: attempt for attempt in attempts}
    assert sorted(by_problem) == sorted(PROBLEMS)
    assert len(attempts) == 20
    for problem, attempt in by_problem.items():
        failed = problem in FAILING
        assert attempt.shape == (ONE_CALL[:3] if failed else ONE_CALL)
        asked, action, observation = attempt.steps[:3]
        assert thought in asked.content
        assert action.content.startswith(arguments)
        assert 0.01 <= (observation.duration_s or 0) < 5
        calls = [s for s in attempt.steps if s.name == MODEL]
        assert [(s.tokens, s.cost) for s in calls] == [(1010, COST)] * len(calls)
        assert attempt.end.status == ("failed" if failed else end)
        assert ("too odd" in observation.content) == failed
