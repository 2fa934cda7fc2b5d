"""The unread events of one process on disk: two lanes of files, read in one order."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from pilotfish._sdk.spool.file import SpoolFile, StoredEvent

STEPS: Final = "steps"
OUTCOMES: Final = "outcomes"


@dataclass(slots=True)
class _Lane:
    files: deque[SpoolFile] = field(default_factory=deque)
    loaded: deque[tuple[SpoolFile, StoredEvent]] = field(default_factory=deque)


class SpoolLanes:
    """Steps and outcomes are in separate files, so that steps can be dropped alone.

    Events of two processes are never mixed: their numbers cannot be compared.
    """

    def __init__(self) -> None:
        self._lanes = {STEPS: _Lane(), OUTCOMES: _Lane()}

    @property
    def backlog(self) -> bool:
        """Whether there are unread events."""
        return any(lane.files or lane.loaded for lane in self._lanes.values())

    def append(self, file: SpoolFile) -> None:
        """Add a file at the end of its lane."""
        self._lanes[lane_of_file(file)].files.append(file)

    def oldest_steps(self) -> SpoolFile | None:
        """Remove and return the oldest unread file of steps, or None."""
        files = self._lanes[STEPS].files
        return files.popleft() if files else None

    def next_file(self) -> SpoolFile | None:
        """Remove and return a file to load before `take` can tell the oldest event."""
        for lane in self._lanes.values():
            if lane.files and not lane.loaded:
                return lane.files.popleft()
        return None

    def load(self, file: SpoolFile, events: list[StoredEvent]) -> None:
        """Add the events of the file that `next_file` returned."""
        loaded = self._lanes[lane_of_file(file)].loaded
        loaded.extend((file, stored) for stored in events)

    def take(self) -> tuple[SpoolFile, StoredEvent] | None:
        """Remove and return the oldest loaded event, or None."""
        queues = [lane.loaded for lane in self._lanes.values() if lane.loaded]
        if not queues:
            return None
        return min(queues, key=lambda queue: queue[0][1].order).popleft()


def lane_of_file(file: SpoolFile) -> str:
    return file.path.suffix[1:]


def lane_of_event(text: bytes) -> str:
    return STEPS if text.startswith(b"StepRecorded ") else OUTCOMES
