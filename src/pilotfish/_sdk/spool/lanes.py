"""What one process has on disk and is to be read: two lanes of files, one order."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from pilotfish._sdk.spool.file import SpoolFile, Stored

STEPS: Final = "steps"
OUTCOMES: Final = "outcomes"


@dataclass(slots=True)
class _Lane:
    files: deque[SpoolFile] = field(default_factory=deque)
    read: deque[tuple[SpoolFile, Stored]] = field(default_factory=deque)


class SpoolLanes:
    """Steps and outcomes lie in files of their own, so that steps can be dropped alone.

    Those of two processes are never mixed: their orders say nothing of one another.
    """

    def __init__(self) -> None:
        self._lanes = {STEPS: _Lane(), OUTCOMES: _Lane()}

    @property
    def backlog(self) -> bool:
        """Whether events are to be read."""
        return any(lane.files or lane.read for lane in self._lanes.values())

    def append(self, file: SpoolFile) -> None:
        """Add a file behind the others of its lane."""
        self._lanes[lane_of_file(file)].files.append(file)

    def oldest_steps(self) -> SpoolFile | None:
        """Take out the oldest unread file of steps; None if there is none."""
        files = self._lanes[STEPS].files
        return files.popleft() if files else None

    def to_read(self) -> SpoolFile | None:
        """Take out a file that must be read before `take` knows what is oldest."""
        for lane in self._lanes.values():
            if lane.files and not lane.read:
                return lane.files.popleft()
        return None

    def put(self, file: SpoolFile, found: list[Stored]) -> None:
        """Say what was in the file that `to_read` returned."""
        read = self._lanes[lane_of_file(file)].read
        read.extend((file, stored) for stored in found)

    def take(self) -> tuple[SpoolFile, Stored] | None:
        """Take out the oldest event of those read; None if there is none."""
        reads = [lane.read for lane in self._lanes.values() if lane.read]
        if not reads:
            return None
        return min(reads, key=lambda read: read[0][1].order).popleft()


def lane_of_file(file: SpoolFile) -> str:
    return file.path.suffix[1:]


def lane_of_event(text: bytes) -> str:
    return STEPS if text.startswith(b"StepRecorded ") else OUTCOMES
