"""How an attempt proceeded, as far as labels and quality need it."""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from pilotfish.schemas.events import StepRecorded
from pilotfish.schemas.labels import MAX_ACTIONS
from pilotfish.strategies.moves import Moves

NEAR: Final = 8
"""Actions in a row among which an identical one is a repetition."""
LOOP: Final = 3
"""Identical actions among these that make a loop."""
MAX_TEXT: Final = 400
"""Characters kept of an answer, an exception and the reason of an end."""
_ERROR: Final = re.compile(
    r"\W{0,20}(?!no\b)(\w{1,40}\W{1,5}){0,2}?\w{0,40}(error|exception|traceback)\b",
    re.IGNORECASE,
)
"""The beginning of an observation that reports an error: `NameError: name 'x' ...`."""


@dataclass(slots=True)
class Conduct:
    """Changed in place, event by event; bounded.

    Args:
        actions: names of the first 64.
        moves: what the agent decided, each decision once.
        recent: hashes of the last eight actions, the newest last.
        repeats: the highest number of identical actions among eight in a row.
        answer: the beginning of the last answer; None before the first.
        stuck: whether the last observation was an error.
    """

    actions: list[str] = field(default_factory=list)
    moves: Moves = field(default_factory=Moves)
    recent: list[int] = field(default_factory=list)
    repeats: int = 0
    answer: str | None = None
    exception: str = ""
    reason: str = ""
    stuck: bool = False

    def step(self, event: StepRecorded) -> None:
        """Record a step before the end."""
        self.moves.add(event.kind, event.name, event.content)
        if event.kind == "action":
            self._act(event.name, event.content)
        elif event.kind == "observation":
            self.stuck = is_error(event.content)
        elif event.kind == "answer":
            self.answer = event.content[:MAX_TEXT]

    def raised(self, detail: str) -> None:
        """Record an exception."""
        self.exception = detail[:MAX_TEXT]

    def ended(self, reason: str) -> None:
        """Record the end."""
        self.reason = reason[:MAX_TEXT]

    def _act(self, name: str, content: str) -> None:
        if len(self.actions) < MAX_ACTIONS:
            self.actions.append(name)
        text = f"{name}\0{content}".encode(errors="replace")
        mark = int.from_bytes(blake2b(text, digest_size=8).digest())
        self.recent.append(mark)
        del self.recent[:-NEAR]
        self.repeats = max(self.repeats, self.recent.count(mark))


def is_error(observation: str) -> bool:
    """Return whether an observation begins like an error."""
    return _ERROR.match(observation) is not None
