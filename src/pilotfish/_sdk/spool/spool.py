"""The spool: on disk, what Kafka has not taken, bounded, in the order of its events."""

from collections.abc import Iterable
from errno import EDQUOT, ENOSPC
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from pilotfish._sdk.spool.file import SpoolFile, line_of
from pilotfish._sdk.spool.folder import SpoolFolder, left_behind
from pilotfish._sdk.spool.lanes import SpoolLanes, lane_of_event
from pilotfish._sdk.stats import SpoolCounts
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.errors import ConfigurationError

SPOOL_BYTES: Final = 256 * 1024 * 1024
"""What a process keeps on disk, with what it took over from those that are gone."""
_FILE_BYTES: Final = 1024 * 1024
_FULL: Final = (ENOSPC, EDQUOT)


class Place(NamedTuple):
    """Where an event is on disk."""

    file: SpoolFile
    offset: int


_Ends = dict[str, SpoolFile]
"""By lane, the file that is written."""


class Spool:
    """First in, first out, and what others left before what is new.

    What finds no room pushes out the oldest file of steps that is not read yet (1 MB at
    most); where there is none, it is dropped itself. Used by one thread at a time; never
    raises because of the disk.

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
        self._lanes = SpoolLanes()
        self._older: list[SpoolLanes] = []
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
        return any(lanes.backlog for lanes in (*self._older, self._lanes))

    def add(self, text: bytes) -> None:
        """Keep an event behind all others; one that finds no room is counted."""
        place = self._write(text, self._ends)
        if place is None:
            self.counts.dropped += 1
        else:
            place.file.unread += 1
            if place.offset == 0:
                self._lanes.append(place.file)
        self.counts.kept += 1

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
        for lanes in (*self._older, self._lanes):
            while (file := lanes.to_read()) is not None:
                self._read(file, lanes)
            if (oldest := lanes.take()) is not None:
                file, stored = oldest
                return Place(file, stored.offset), stored.text
        return None

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
            self._let_go()
            for folder in left_behind(self._root):
                self._taken_over.append(folder)
                self._find(folder)
        except OSError as error:
            self._trouble(error)

    def close(self) -> None:
        """Leave what is there to the next process of the tenant."""
        for folder in self._taken_over:
            folder.release()
        if self._own is not None:
            self._own.release()

    def _write(self, text: bytes, ends: _Ends) -> Place | None:
        self._order += 1
        line = line_of(self._order, text)
        while self._make_room(len(line)):
            try:
                file = self._end(lane_of_event(text), ends)
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
        for lanes in (*self._older, self._lanes):
            if (oldest := lanes.oldest_steps()) is not None:
                self.counts.dropped += oldest.unread
                self._end_here(oldest)
                self._remove(oldest)
                self._warnings.once("the spool is full", "events were dropped")
                return True
        return False

    def _end_here(self, file: SpoolFile) -> None:
        """Write nothing more to a file."""
        self._ends = {name: end for name, end in self._ends.items() if end is not file}

    def _read(self, file: SpoolFile, lanes: SpoolLanes) -> None:
        self._end_here(file)
        try:
            found = file.read()
        except OSError as error:
            self._trouble(error)
            found = []
        if len(found) < file.unread:
            self._damaged(file, file.unread - len(found), "a file is damaged")
        file.open, file.unread = len(found), 0
        lanes.put(file, found)
        if not found:
            self._remove(file)

    def _find(self, folder: SpoolFolder) -> None:
        lanes = SpoolLanes()
        self._older.append(lanes)
        for path in folder.files():
            file = SpoolFile.found(path)
            self._size += file.size
            self.counts.taken_over += file.unread
            if file.unread:
                lanes.append(file)
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

    def _let_go(self) -> None:
        """Remove the folders in which all is sent."""
        self._older = [lanes for lanes in self._older if lanes.backlog]
        empty = [folder for folder in self._taken_over if folder.empty]
        for folder in empty:
            self._taken_over.remove(folder)
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
