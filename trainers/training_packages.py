"""The packages that only trainings need: torch and what stands on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from pilotfish.schemas.errors import RequirementError

MODULES: Final = (
    "deepspeed",
    "onnxscript",
    "peft",
    "sklearn",
    "torch",
    "transformers",
)
"""What every training needs of the extra `train`."""
INSTALL: Final = "pip install 'pilotfish[services,train]'"


def trainings_off() -> str:
    """Return why this install trains nothing, and what to do; empty if it can train."""
    missing = [module for module in MODULES if find_spec(module) is None]
    if not missing:
        return ""
    return f"{', '.join(missing)} not installed; for trainings, {INSTALL}"


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
            f"{purpose} needs {package}, which is not installed: {INSTALL}"
        ) from error
