"""The spool: on disk, what Kafka has not taken, bounded, in the order of its events."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from errno import EDQUOT, ENOSPC
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from pilotfish._spool_file import SpoolFile, Stored, line_of
from pilotfish._spool_folder import SpoolFolder, left_behind
from pilotfish._stats import SpoolCounts
from pilotfish._warnings import Warnings
from pilotfish.schemas.errors import ConfigurationError

SPOOL_BYTES: Final = 256 * 1024 * 1024
"""What a process keeps on disk, with what it took over from those that are gone."""
_FILE_BYTES: Final = 1024 * 1024
_FULL: Final = (ENOSPC, EDQUOT)
_STEPS: Final = "steps"
_OUTCOMES: Final = "outcomes"


class Place(NamedTuple):
    """Where an event is on disk."""

    file: SpoolFile
    offset: int


@dataclass(slots=True)
class _Lane:
    """Files with events to be read, the oldest first, and what was read last."""

    files: deque[SpoolFile] = field(default_factory=deque)
    read: deque[tuple[SpoolFile, Stored]] = field(default_factory=deque)


_Ends = dict[str, SpoolFile]
"""By lane, the file that is written."""


class Spool:
    """First in, first out; used by one thread at a time. Never raises for the disk's sake.

    Steps and outcomes lie in files of their own: what finds no room pushes out the oldest
    file of steps that is not read yet (1 MB at most); where there is none, it is dropped
    itself.

    Args:
        path: the folder that processes share, one for each Kafka.
        tenant: whose events these are; nobody else's are taken over.
        warnings: told about trouble, once a reason.
        limit_bytes: of all files together.

    Raises:
        ConfigurationError: there can be no such folder.
    """

    def __init__(
        self,
        path: Path,
        tenant: str,
        warnings: Warnings,
        limit_bytes: int = SPOOL_BYTES,
    ) -> None:
        # A tenant's name may hold what a folder's must not.
        self._root = path / blake2b(tenant.encode(), digest_size=8).hexdigest()
        self._limit = limit_bytes
        self._file_bytes = min(_FILE_BYTES, limit_bytes // 16)
        self._warnings = warnings
        self._own: SpoolFolder | None = None
        self._taken_over: list[SpoolFolder] = []
        self._lanes = {_STEPS: _Lane(), _OUTCOMES: _Lane()}
        self._ends: _Ends = {}
        self._size = 0
        self._order = 0
        self.counts = SpoolCounts()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._root.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"spool: there can be no folder: {error}"
            ) from error

    @property
    def backlog(self) -> bool:
        """Whether events are to be read."""
        return any(lane.files or lane.read for lane in self._lanes.values())

    def add(self, text: bytes) -> None:
        """Keep an event behind all others; one that finds no room is counted."""
        self.counts.kept += 1
        place = self._write(text, self._ends)
        if place is None:
            self.counts.dropped += 1
            return
        place.file.unread += 1
        if place.offset == 0:
            self._lanes[_lane(text)].files.append(place.file)

    def shelter(self, texts: Iterable[bytes]) -> list[Place | None]:
        """Keep events that are on their way already: to be settled, but not read."""
        ends: _Ends = {}
        places = [self._write(text, ends) for text in texts]
        for place in places:
            if place is not None:
                self.counts.kept += 1
                place.file.open += 1
        return places

    def take(self) -> tuple[Place, bytes] | None:
        """Return the oldest event that is to be read; None if there is none."""
        lanes = self._lanes.values()
        for lane in lanes:
            while lane.files and not lane.read:
                self._read(lane)
        heads = [lane.read for lane in lanes if lane.read]
        if not heads:
            return None
        file, stored = min(heads, key=lambda read: read[0][1].order).popleft()
        return Place(file, stored.offset), stored.text

    def settle(self, places: Iterable[Place]) -> None:
        """Forget events that were read or on their way: nobody is to send them again."""
        offsets: dict[SpoolFile, list[int]] = {}
        for file, offset in places:
            offsets.setdefault(file, []).append(offset)
        for file, settled in offsets.items():
            file.open -= len(settled)
            if file.open:
                self._mark(file, settled)
            else:
                self._remove(file)

    def refuse(self, place: Place, reason: str) -> None:
        """Drop what was read and is no event; its file is kept for a look at it."""
        self._damaged(place.file, 1, reason)
        self.settle([place])

    def take_over(self) -> None:
        """Add what processes of the tenant that are gone have left."""
        try:
            self._let_go(self._taken_over)
            for folder in left_behind(self._root):
                self._taken_over.append(folder)
                for path in folder.files():
                    self._add_file(path)
        except OSError as error:
            self._trouble(error)
        for lane in self._lanes.values():
            lane.files = deque(sorted(lane.files, key=lambda file: file.path.name))

    def close(self) -> None:
        """Leave what is there to the next process of the tenant."""
        for folder in self._taken_over:
            folder.release()
        if self._own is not None:
            self._own.release()

    def _write(self, text: bytes, ends: _Ends) -> Place | None:
        self._order = max(self._order + 1, time.time_ns())
        line = line_of(self._order, text)
        while self._make_room(len(line)):
            try:
                file = self._end(_lane(text), ends)
                offset = file.append(line)
            except OSError as error:
                self._trouble(error)
                if error.errno not in _FULL or not self._drop_steps():
                    return None
            else:
                self._size += len(line)
                return Place(file, offset)
        self._warnings.once("the spool is full", "events were dropped")
        return None

    def _end(self, lane: str, ends: _Ends) -> SpoolFile:
        if self._own is None:
            self._own = SpoolFolder.new(self._root)
        if lane not in ends or ends[lane].size >= self._file_bytes:
            ends[lane] = SpoolFile(self._own.path / f"{self._order:020}.{lane}")
        return ends[lane]

    def _make_room(self, size: int) -> bool:
        while self._size + size > self._limit:
            if size > self._limit or not self._drop_steps():
                return False
        return True

    def _drop_steps(self) -> bool:
        """Drop the oldest file of steps that is not read; False if there is none."""
        files = self._lanes[_STEPS].files
        if not files:
            return False
        oldest = self._taken(files)
        self.counts.dropped += oldest.unread
        self._remove(oldest)
        self._warnings.once("the spool is full", "events were dropped")
        return True

    def _taken(self, files: deque[SpoolFile]) -> SpoolFile:
        """Take the oldest file out; nothing is written to it any more."""
        file = files.popleft()
        self._ends = {name: end for name, end in self._ends.items() if end is not file}
        return file

    def _read(self, lane: _Lane) -> None:
        file = self._taken(lane.files)
        try:
            found = file.read()
        except OSError as error:
            self._trouble(error)
            found = []
        if len(found) < file.unread:
            self._damaged(file, file.unread - len(found), "a file is damaged")
        file.open, file.unread = len(found), 0
        lane.read.extend((file, stored) for stored in found)
        if not found:
            self._remove(file)

    def _add_file(self, path: Path) -> None:
        lane = self._lanes.get(path.suffix[1:])
        if lane is None:
            return
        file = SpoolFile.found(path)
        self._size += file.size
        self.counts.taken_over += file.unread
        if file.unread:
            lane.files.append(file)
        else:
            self._remove(file)

    def _mark(self, file: SpoolFile, offsets: list[int]) -> None:
        try:
            file.mark(offsets)
        except OSError as error:
            self._trouble(error)

    def _remove(self, file: SpoolFile) -> None:
        self._size -= file.size
        try:
            if file.damaged:
                file.path.replace(self._root / "damaged")
            else:
                file.path.unlink()
        except OSError as error:
            self._trouble(error)

    def _let_go(self, folders: list[SpoolFolder]) -> None:
        for folder in [folder for folder in folders if folder.empty]:
            folders.remove(folder)
            folder.release()

    def _damaged(self, file: SpoolFile, lost: int, reason: str) -> None:
        self.counts.dropped += lost
        file.damaged = True
        self._warnings.once(
            reason, f"{self._root / 'damaged'} is a file of the spool set aside"
        )

    def _trouble(self, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        self._warnings.once(reason, f"the spool in {self._root} does not work")


def _lane(text: bytes) -> str:
    return _STEPS if text.startswith(b"StepRecorded ") else _OUTCOMES
