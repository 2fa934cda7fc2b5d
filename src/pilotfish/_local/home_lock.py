"""One platform for each home: a lock that is held from before anything is touched.

The lock is the kernel's own (`flock`), so it is free again whatever kills its holder. The
file holds the holder's process id, for others to name. `filelock` hands its descriptor to
nobody; ours goes to the guardian, so that the home is free when the last process ended.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import Final, Self, TextIO

from pilotfish.runtime.folders import require_usable, unusable
from pilotfish.schemas.errors import RequirementError

_FILE: Final = "up.lock"
_ENDING_S: Final = 8.0
"""A holder that was killed leaves processes, which its guardian ends within this time."""
_POLL_S: Final = 0.1


class HomeLock:
    """Holds a home within its `with` block; creates the folder.

    Args:
        home: the folder of one platform.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            ConfigurationError: the home cannot be used.
            RequirementError: another platform has it; the message names its process.
        """
        require_usable(self._home)
        try:
            self._file = (self._home / _FILE).open("a+")
        except OSError as error:
            raise unusable(self._home, error) from error
        deadline = time.monotonic() + _ENDING_S
        while not self._taken():
            holder = self._holder()
            if _lives(holder) or time.monotonic() > deadline:
                self._file.close()
                raise RequirementError(
                    f"{self._home} is in use by another pilotfish, process {holder}: "
                    "stop that one, or set PILOTFISH_HOME to another folder"
                )
            time.sleep(_POLL_S)
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        self._file.close()

    @property
    def descriptor(self) -> int:
        """The lock's descriptor: whoever inherits it holds the lock as well."""
        assert self._file is not None
        return self._file.fileno()

    def others(self) -> list[Path]:
        """Return what is in the home besides the lock."""
        return [path for path in self._home.iterdir() if path.name != _FILE]

    def _taken(self) -> bool:
        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> int:
        """Return the holder's process id; 0 in the moment before it is written."""
        text = (self._home / _FILE).read_text()
        return int(text) if text.isdigit() else 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return pid > 0
