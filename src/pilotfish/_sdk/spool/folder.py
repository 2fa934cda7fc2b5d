"""Folders of a spool; each belongs to the process that holds the lock in it.

The kernel releases the lock when the process dies, however it dies. A forked child does
not inherit it, which is why these are locks of processes (`lockf`), not of open files.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from pilotfish._sdk.spool.lanes import OUTCOMES, STEPS
from pilotfish.schemas.ids import new_id

_LOCK_NAME: Final = "lock"

_owned: dict[tuple[int, str], object] = {}
"""Folders of this process: its own locks would not keep it from taking one twice. The key
has the process id, because a child starts with the parent's memory but not its locks."""


class SpoolFolder:
    """A folder of files that no other process touches until `release`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def new(cls, root: Path) -> "SpoolFolder":
        """Create a folder.

        Raises:
            OSError: the disk is full, or permission is missing.
        """
        key = os.getpid(), new_id()
        _owned[key] = cls
        # Hidden from other processes until it is locked.
        hidden = root / f".{key[1]}"
        try:
            hidden.mkdir(mode=0o700)
            lock = _lock(hidden)
            return cls(hidden.rename(root / key[1]), lock)
        except OSError:
            del _owned[key]
            with suppress(OSError):
                hidden.rmdir()
            raise

    def release(self) -> None:
        """Let other processes take the folder; removes it if it is empty."""
        with suppress(OSError):
            if self.empty:
                (self.path / _LOCK_NAME).unlink()
                self.path.rmdir()
        os.close(self._lock)
        _owned.pop((os.getpid(), self.path.name), None)

    @property
    def empty(self) -> bool:
        """Whether there are no event files, or the folder itself is gone."""
        try:
            return not self.files()
        except OSError:
            return True

    def files(self) -> list[Path]:
        """Return the event files, the oldest first.

        Raises:
            OSError: the folder is gone.
        """
        return sorted(
            path for path in self.path.iterdir() if path.suffix[1:] in (STEPS, OUTCOMES)
        )


def left_behind(root: Path) -> Iterator[SpoolFolder]:
    """Take over the folders whose processes have ended, and yield them.

    Raises:
        OSError: `root` cannot be read.
    """
    for path in sorted(root.iterdir()):
        folder = _take_over(path) if path.is_dir() and path.name[0] != "." else None
        if folder is not None:
            yield folder


def _take_over(path: Path) -> SpoolFolder | None:
    key, claim = (os.getpid(), path.name), object()
    # `setdefault` is atomic: other clients of this process search as well. A lock of
    # `threading` would not do, because it could be held during a fork.
    if _owned.setdefault(key, claim) is not claim:
        return None
    try:
        return SpoolFolder(path, _lock(path))
    except OSError:
        del _owned[key]
        return None


def _lock(folder: Path) -> int:
    file = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    return file
