"""What an import brings, counted from the events of its attempts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    StepRecorded,
)

_MOST_LISTED: Final = 10


@dataclass(slots=True)
class Tally:
    """Counts of attempts and what is in them; an attempt that comes again is `repeated`.

    `first` and `last` are None where the sources have no times.
    """

    now: datetime
    attempts: set[str] = field(default_factory=set)
    repeated: int = 0
    events: int = 0
    agents: Counter[str] = field(default_factory=Counter)
    approaches: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    tools: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    cost: float = 0.0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, events: Sequence[Event]) -> None:
        """Count the events of one attempt."""
        if not events:
            return
        if events[0].attempt_id in self.attempts:
            self.repeated += 1
            return
        self.attempts.add(events[0].attempt_id)
        self.events += len(events)
        self.outcomes[_outcome(events)] += 1
        for event in events:
            self._see(event.at)
            self._count(event)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for programs."""
        counters = {
            name: dict(getattr(self, name).most_common())
            for name in ("agents", "approaches", "steps", "tools", "outcomes")
        }
        return {
            "attempts": len(self.attempts),
            "repeated": self.repeated,
            "events": self.events,
            **counters,
            "tokens": self.tokens,
            "cost": self.cost,
            "first": self.first,
            "last": self.last,
        }

    def rows(self) -> list[tuple[str, str]]:
        """Return the counts as a table for people."""
        rows = [
            ("attempts", str(len(self.attempts))),
            ("agents", _listed(self.agents)),
            ("approaches", _listed(self.approaches)),
            ("steps", _listed(self.steps)),
            ("tools", _listed(self.tools)),
            ("outcomes", _listed(self.outcomes)),
            ("times (UTC)", self._times()),
            ("tokens", f"{self.tokens:,}"),
            ("cost", f"{self.cost:.4f}".rstrip("0").rstrip(".")),
        ]
        again = f"{self.repeated} (a copy counts once)" if self.repeated else ""
        return [row for row in [*rows, ("there again", again)] if row[1]]

    def _times(self) -> str:
        if self.first is None or self.last is None:
            return "none in the source"
        return f"{self.first:%Y-%m-%d %H:%M} to {self.last:%Y-%m-%d %H:%M}"

    def _see(self, at: datetime) -> None:
        if at < self.now:  # what has no time has that of the import
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)

    def _count(self, event: Event) -> None:
        if isinstance(event, AttemptStarted):
            self.agents[event.agent.name] += 1
            self.approaches[event.approach or "none named"] += 1
        elif isinstance(event, StepRecorded):
            self.steps[event.kind] += 1
            self.tokens += event.tokens
            self.cost += event.cost
            if event.kind == "action":
                self.tools[event.name] += 1


def _outcome(events: Iterable[Event]) -> str:
    """Return what the rules of labelling make of an attempt's evidence."""
    from pilotfish.streams.labels.rules import END, Signal, label

    status, signals = None, []
    for event in events:
        if isinstance(event, SignalRecorded):
            signals.append(Signal(event.kind, event.p_success))
        elif isinstance(event, AttemptEnded):
            status = event.status
            if status in ("succeeded", "failed"):
                stated = float(status == "succeeded")
                signals.append(Signal("explicit", stated, END))
    return label(status, signals).outcome if status else "not ended"


def _listed(counter: Counter[str]) -> str:
    often = [f"{name} {count}" for name, count in counter.most_common(_MOST_LISTED)]
    more = len(counter) - _MOST_LISTED
    return ", ".join([*often, f"{more} more"] if more > 0 else often)
