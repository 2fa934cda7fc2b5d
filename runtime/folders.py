"""Where pilotfish keeps files of a user, in the places that the platform has for them."""

from typing import Final

from platformdirs import PlatformDirs

_FOLDERS: Final = PlatformDirs("pilotfish", appauthor=False)

DATA: Final = _FOLDERS.user_data_path
"""What is learned and logged: not to be lost. `PILOTFISH_HOME` names another place."""

CACHE: Final = _FOLDERS.user_cache_path
"""What was fetched or made once and can be again."""
