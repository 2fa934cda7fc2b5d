"""The spool: a bounded, ordered store on disk of events that Kafka has not accepted."""

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
"""Limit per process, including files taken over from ended processes."""
_FILE_BYTES: Final = 1024 * 1024
_DISK_FULL: Final = (ENOSPC, EDQUOT)


class Location(NamedTuple):
    """The location of an event on disk."""

    file: SpoolFile
    offset: int


_OpenFiles = dict[str, SpoolFile]
"""By lane, the file that is being written."""


class Spool:
    """First in, first out, with events of ended processes before new ones.

    An event that does not fit pushes out the oldest unread file of steps (1 MB at most);
    if there is none, the event itself is dropped. Used by one thread at a time; a failing
    disk causes warnings, never exceptions.

    Args:
        path: the folder that processes share, one per Kafka.
        tenant: the owner of the events; only this tenant's files are taken over.
        warnings: receives the reasons for failures.
        limit_bytes: size limit of all files together.

    Raises:
        ConfigurationError: the folder cannot be created.
    """

    def __init__(
        self,
        path: Path,
        tenant: str,
        warnings: Warnings,
        limit_bytes: int = SPOOL_BYTES,
    ) -> None:
        # A tenant's name may contain characters that a folder's name must not.
        self._root = path / blake2b(tenant.encode(), digest_size=8).hexdigest()
        self._limit = limit_bytes
        self._file_bytes = min(_FILE_BYTES, limit_bytes // 16)
        self._warnings = warnings
        self._own: SpoolFolder | None = None
        self._taken_over: list[SpoolFolder] = []
        self._lanes = SpoolLanes()
        self._older: list[SpoolLanes] = []
        self._files: _OpenFiles = {}
        self._size = 0
        self._order = 0
        self.counts = SpoolCounts()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._root.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"spool: cannot create the folder: {error}; choose another one"
            ) from error

    @property
    def backlog(self) -> bool:
        """Whether there are unread events."""
        return any(lanes.backlog for lanes in (*self._older, self._lanes))

    def add(self, text: bytes) -> None:
        """Append an event; one that does not fit counts as dropped."""
        location = self._write(text, self._files)
        if location is None:
            self.counts.dropped += 1
        else:
            location.file.unread += 1
            if location.offset == 0:
                self._lanes.append(location.file)
        self.counts.kept += 1

    def back_up(self, texts: Iterable[bytes]) -> list[Location | None]:
        """Write events that are in flight: to be settled later, but not read back."""
        files: _OpenFiles = {}
        locations = [self._write(text, files) for text in texts]
        for location in locations:
            if location is not None:
                self.counts.kept += 1
                location.file.open += 1
        return locations

    def take(self) -> tuple[Location, bytes] | None:
        """Return the oldest unread event, or None."""
        for lanes in (*self._older, self._lanes):
            while (file := lanes.next_file()) is not None:
                self._load(file, lanes)
            if (oldest := lanes.take()) is not None:
                file, stored = oldest
                return Location(file, stored.offset), stored.text
        return None

    def settle(self, locations: Iterable[Location]) -> None:
        """Remove events that were read or backed up: nobody must send them again."""
        offsets: dict[SpoolFile, list[int]] = {}
        for file, offset in locations:
            offsets.setdefault(file, []).append(offset)
        for file, settled in offsets.items():
            file.open -= len(settled)
            if file.open:
                self._mark(file, settled)
            else:
                self._remove(file)

    def refuse(self, location: Location, reason: str) -> None:
        """Drop an unreadable event; its file is kept for inspection."""
        self._set_aside(location.file, 1, reason)
        self.settle([location])

    def take_over(self) -> None:
        """Add the events that ended processes of the tenant left behind."""
        try:
            self._release_empty_folders()
            for folder in left_behind(self._root):
                self._taken_over.append(folder)
                self._add_files(folder)
        except OSError as error:
            self._warn(error)

    def close(self) -> None:
        """Leave the remaining events to the next process of the tenant."""
        for folder in self._taken_over:
            folder.release()
        if self._own is not None:
            self._own.release()

    def _write(self, text: bytes, files: _OpenFiles) -> Location | None:
        self._order += 1
        line = line_of(self._order, text)
        while self._make_room(len(line)):
            try:
                file = self._open_file(lane_of_event(text), files)
                offset = file.append(line)
            except OSError as error:
                self._warn(error)
                if error.errno not in _DISK_FULL or not self._drop_steps():
                    return None
            else:
                self._size += len(line)
                return Location(file, offset)
        self._warnings.once("the spool is full", "events were dropped")
        return None

    def _open_file(self, lane: str, files: _OpenFiles) -> SpoolFile:
        if self._own is None:
            self._own = SpoolFolder.new(self._root)
        if lane not in files or files[lane].size >= self._file_bytes:
            files[lane] = SpoolFile(self._own.path / f"{self._order:020}.{lane}")
        return files[lane]

    def _make_room(self, size: int) -> bool:
        while self._size + size > self._limit:
            if size > self._limit or not self._drop_steps():
                return False
        return True

    def _drop_steps(self) -> bool:
        """Drop the oldest unread file of steps; False if there is none."""
        for lanes in (*self._older, self._lanes):
            if (oldest := lanes.oldest_steps()) is not None:
                self.counts.dropped += oldest.unread
                self._finish_file(oldest)
                self._remove(oldest)
                self._warnings.once("the spool is full", "events were dropped")
                return True
        return False

    def _finish_file(self, file: SpoolFile) -> None:
        """Write nothing more to a file."""
        self._files = {
            lane: other for lane, other in self._files.items() if other is not file
        }

    def _load(self, file: SpoolFile, lanes: SpoolLanes) -> None:
        self._finish_file(file)
        try:
            events = file.read()
        except OSError as error:
            self._warn(error)
            events = []
        if len(events) < file.unread:
            self._set_aside(file, file.unread - len(events), "a file is damaged")
        file.open, file.unread = len(events), 0
        lanes.load(file, events)
        if not events:
            self._remove(file)

    def _add_files(self, folder: SpoolFolder) -> None:
        lanes = SpoolLanes()
        self._older.append(lanes)
        for path in folder.files():
            file = SpoolFile.existing(path)
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
            self._warn(error)

    def _remove(self, file: SpoolFile) -> None:
        self._size -= file.size
        try:
            if file.damaged:
                file.path.replace(self._root / "damaged")
            else:
                file.path.unlink()
        except OSError as error:
            self._warn(error)

    def _release_empty_folders(self) -> None:
        """Release the folders whose events are all sent."""
        self._older = [lanes for lanes in self._older if lanes.backlog]
        empty = [folder for folder in self._taken_over if folder.empty]
        for folder in empty:
            self._taken_over.remove(folder)
            folder.release()

    def _set_aside(self, file: SpoolFile, lost: int, reason: str) -> None:
        self.counts.dropped += lost
        file.damaged = True
        self._warnings.once(
            reason, f"a file of the spool is set aside as {self._root / 'damaged'}"
        )

    def _warn(self, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        self._warnings.once(reason, f"the spool in {self._root} does not work")
