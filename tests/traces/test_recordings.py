"""Spans that were recorded where the tests cannot run: see recordings/README.md."""

from pathlib import Path

import pytest

from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.traces.mapping import events_of
from pilotfish.traces.otlp import read_export

FOLDER = Path(__file__).parent / "recordings"
RECORDINGS = ("crewai", "openllmetry", "vercel", "vercel_legacy")


def recorded(name: str) -> list[Event]:
    export = read_export((FOLDER / f"{name}.otlp").read_bytes(), "protobuf")
    assert export.rejected == 0
    return events_of(export.spans, "t")


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_run_becomes_an_attempt(name: str) -> None:
    start, *steps, end = recorded(f"{name}_right")
    assert isinstance(start, AttemptStarted) and isinstance(end, AttemptEnded)
    assert start.problem == "How much is one plus two?"
    assert (start.agent.name, start.agent.model) == ("adder", "gpt-4o-mini")
    assert (end.status, end.reason) == ("unknown", "")
    seen = [(s.kind, s.name, s.content) for s in steps if isinstance(s, StepRecorded)]
    said = "" if name == "crewai" else "Let me see."
    assert seen == [
        ("thought", "gpt-4o-mini", said),
        ("action", "add", '{"a": 1, "b": 2}'),
        ("observation", "add", "3"),
        ("answer", "gpt-4o-mini", "It is 3"),
    ]
    used = [s.tokens for s in steps if isinstance(s, StepRecorded)]
    assert used == [1234, 0, 0, 1234]
    assert all(s.cost > 0 for s in steps if isinstance(s, StepRecorded) and s.tokens)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_run_that_fails_says_so(name: str) -> None:
    events = recorded(f"{name}_fails")
    (signal,) = [e for e in events if isinstance(e, SignalRecorded)]
    assert signal.kind == "exception" and "no rows" in signal.detail
    assert isinstance(events[-1], AttemptEnded) and "no rows" in events[-1].reason
    assert not [e for e in events if isinstance(e, StepRecorded) and e.kind == "answer"]
