"""Who owns which folder of a spool: the process that holds the lock in it.

The kernel lets go of the lock when the process dies, whatever killed it. A forked child
does not have it: that is why these are locks of processes (`lockf`), not of open files.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from pilotfish._sdk.spool.lanes import OUTCOMES, STEPS
from pilotfish.schemas.ids import new_id

_LOCK: Final = "lock"

_ours: dict[tuple[int, str], object] = {}
"""Folders of this process, which its own locks do not keep it out of. By process: a
child begins with the parent's memory, but without its locks."""


class SpoolFolder:
    """A folder of files that no other process touches until `release`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def new(cls, root: Path) -> "SpoolFolder":
        """Make a folder.

        Raises:
            OSError: there is no room, or no right to.
        """
        key = os.getpid(), new_id()
        _ours[key] = cls
        # Others see it once it is locked.
        made = root / f".{key[1]}"
        try:
            made.mkdir(mode=0o700)
            lock = _locked(made)
            return cls(made.rename(root / key[1]), lock)
        except OSError:
            del _ours[key]
            with suppress(OSError):
                made.rmdir()
            raise

    def release(self) -> None:
        """Leave the folder to other processes; an empty one is removed."""
        with suppress(OSError):
            if self.empty:
                (self.path / _LOCK).unlink()
                self.path.rmdir()
        os.close(self._lock)
        _ours.pop((os.getpid(), self.path.name), None)

    @property
    def empty(self) -> bool:
        """Whether no files of events are there, or not even the folder."""
        try:
            return not self.files()
        except OSError:
            return True

    def files(self) -> list[Path]:
        """Return the files of events, the oldest first.

        Raises:
            OSError: the folder is gone.
        """
        return sorted(
            p for p in self.path.iterdir() if p.suffix[1:] in (STEPS, OUTCOMES)
        )


def left_behind(root: Path) -> Iterator[SpoolFolder]:
    """Yield, as ours from now on, the folders whose processes are gone.

    Raises:
        OSError: `root` cannot be read.
    """
    for path in sorted(root.iterdir()):
        folder = _taken(path) if path.is_dir() and path.name[0] != "." else None
        if folder is not None:
            yield folder


def _taken(path: Path) -> SpoolFolder | None:
    key, claim = (os.getpid(), path.name), object()
    # In one step: other clients of this process look, too. A lock could be held at a fork.
    if _ours.setdefault(key, claim) is not claim:
        return None
    try:
        return SpoolFolder(path, _locked(path))
    except OSError:
        del _ours[key]
        return None


def _locked(folder: Path) -> int:
    file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    return file
