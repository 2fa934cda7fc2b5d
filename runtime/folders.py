"""Where pilotfish keeps files of a user, in the places that the platform has for them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from platformdirs import PlatformDirs

from pilotfish.schemas.errors import ConfigurationError

_FOLDERS: Final = PlatformDirs("pilotfish", appauthor=False)

DATA: Final = _FOLDERS.user_data_path
"""What is learned and logged: not to be lost. `PILOTFISH_HOME` names another place."""

CACHE: Final = _FOLDERS.user_cache_path
"""What was fetched or made once and can be again."""


def require_usable(home: Path) -> None:
    """Create the home where it is missing, and check that files can be written in it.

    Raises:
        ConfigurationError: it is no folder, or this user may not write there.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise unusable(home, error) from error


@contextmanager
def writes_in(home: Path) -> Iterator[None]:
    """Let what cannot be written in a home end a block with an error that names it.

    Raises:
        ConfigurationError: a file or folder there is another user's, or of another kind.
    """
    try:
        yield
    except OSError as error:
        if not Path(str(error.filename)).is_relative_to(home):
            raise
        raise unusable(home, error) from error


def unusable(home: Path, error: OSError) -> ConfigurationError:
    """Return the error for a home in which something could not be written."""
    inside = error.filename is not None and Path(str(error.filename)) != home
    where = f"{error.filename}: " if inside else ""
    return ConfigurationError(
        f"PILOTFISH_HOME is {home}, which cannot be used: {where}{error.strerror}; "
        "name a folder in which this user may write"
    )
