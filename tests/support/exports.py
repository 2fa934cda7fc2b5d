"""Files of foreign formats, and what is read in them."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.imports.format import Format, Source

DATA = Path(__file__).parents[1] / "schemas/imports/data"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Read:
    """The events of one attempt, by what they are."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        [self.start] = [e for e in events if isinstance(e, AttemptStarted)]
        self.steps = [e for e in events if isinstance(e, StepRecorded)]
        self.signals = [e for e in events if isinstance(e, SignalRecorded)]
        self.end = next((e for e in events if isinstance(e, AttemptEnded)), None)

    def story(self) -> list[tuple[str, str, str]]:
        return [(step.kind, step.name, step.content) for step in self.steps]

    def verdicts(self) -> list[tuple[str, float | None]]:
        return [(signal.kind, signal.p_success) for signal in self.signals]

    @property
    def tokens(self) -> int:
        return sum(step.tokens for step in self.steps)

    @property
    def cost(self) -> float:
        return sum(step.cost for step in self.steps)


def read(known: Format, path: Path) -> tuple[list[Read], list[str]]:
    """Return the attempts of a file, and the sentences about what did not come in."""
    source = Source(path, now=NOW)
    attempts = [Read(events) for events in known.read(source)]
    return attempts, source.findings.sentences()


def written(path: Path, records: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def lines(name: str) -> list[Any]:
    """Return the records of a file of JSON lines."""
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]
