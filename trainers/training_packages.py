"""The packages that only trainings need: torch and what stands on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from pilotfish.schemas.errors import RequirementError


@contextmanager
def training_packages(purpose: str) -> Iterator[None]:
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
            f"{purpose} needs {package}, which is not installed: "
            "pip install 'pilotfish[services,train]'"
        ) from error
