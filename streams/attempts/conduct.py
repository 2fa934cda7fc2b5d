"""What an attempt did, as far as labels and quality ask."""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from pilotfish.schemas.events import StepRecorded
from pilotfish.schemas.labels import MAX_ACTIONS

NEAR: Final = 8
"""Actions among which the same one again is a repetition."""
LOOP: Final = 3
"""Times the same one among these from which it is a loop."""
MAX_WORDS: Final = 400
"""Characters kept of an answer, an exception and the reason of an end."""
_ERROR: Final = re.compile(
    r"\W{0,20}(?!no\b)(\w{1,40}\W{1,5}){0,2}?\w{0,40}(error|exception|traceback)\b",
    re.IGNORECASE,
)
"""How an observation begins that tells of an error, as in `NameError: name 'x' ...`."""


@dataclass(slots=True)
class Conduct:
    """Changed in place, event by event; bounded.

    Args:
        actions: names of the first 64.
        recent: marks of the last eight actions, the newest last.
        repeats: how often one of them was the same at most.
        answer: the beginning of the last answer; None before the first.
        stuck: the last observation was an error.
    """

    actions: list[str] = field(default_factory=list)
    recent: list[int] = field(default_factory=list)
    repeats: int = 0
    answer: str | None = None
    exception: str = ""
    reason: str = ""
    stuck: bool = False

    def step(self, event: StepRecorded) -> None:
        """Note a step that came before the end."""
        if event.kind == "action":
            self._act(event.name, event.content)
        elif event.kind == "observation":
            self.stuck = is_error(event.content)
        elif event.kind == "answer":
            self.answer = event.content[:MAX_WORDS]

    def raised(self, detail: str) -> None:
        """Note an exception."""
        self.exception = detail[:MAX_WORDS]

    def ended(self, reason: str) -> None:
        """Note the end."""
        self.reason = reason[:MAX_WORDS]

    def _act(self, name: str, content: str) -> None:
        if len(self.actions) < MAX_ACTIONS:
            self.actions.append(name)
        text = f"{name}\0{content}".encode(errors="replace")
        mark = int.from_bytes(blake2b(text, digest_size=8).digest())
        self.recent.append(mark)
        del self.recent[:-NEAR]
        self.repeats = max(self.repeats, self.recent.count(mark))


def is_error(observation: str) -> bool:
    """Return whether an observation begins as errors do."""
    return _ERROR.match(observation) is not None
