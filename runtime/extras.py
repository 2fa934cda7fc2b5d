"""Packages that only an extra brings: what to install is said where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from pilotfish.schemas.errors import RequirementError


def install(*extras: str) -> str:
    """Return the command that installs pilotfish with these extras."""
    return f"pip install 'pilotfish[{','.join(extras)}]'"


@contextmanager
def requiring(purpose: str, *extras: str) -> Iterator[None]:
    """Say what to install where an import in the block finds no such package.

    Args:
        purpose: what needs the packages, as the error says it.
        extras: those that bring them.

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
            f"{purpose} needs {package}, which is not installed: {install(*extras)}"
        ) from error
