"""The frameworks are extras: what to install is said where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from pilotfish.schemas.errors import RequirementError


@contextmanager
def requiring(extra: str) -> Iterator[None]:
    """Say what to install where an import in the block finds no such package.

    Raises:
        RequirementError: a package is missing that is not pilotfish's own.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "pilotfish"):
            raise
        raise RequirementError(
            f"pilotfish.integrations needs {package}, which is not installed: "
            f"pip install 'pilotfish[{extra}]'"
        ) from error
