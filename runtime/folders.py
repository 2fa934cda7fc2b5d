"""Where pilotfish keeps files of a user, in the places that the platform has for them."""

import tempfile
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


def unusable(home: Path, error: OSError) -> ConfigurationError:
    """Return the error for a home in which something could not be written."""
    return ConfigurationError(
        f"PILOTFISH_HOME is {home}, which cannot be used: {error.strerror}; "
        "name a folder in which this user may write"
    )
