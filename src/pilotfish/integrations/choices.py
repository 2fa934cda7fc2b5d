"""What a run may be advised of: approaches that are named, or what was found in past runs."""

from collections.abc import Mapping
from typing import Final, Literal

FOUND: Final = "found"
"""Stands for the strategies that were found in the tenant's attempts."""

Choices = Mapping[str, str] | Literal["found"]


def named(choices: Choices) -> Mapping[str, str] | None:
    """Return the approaches as `attempt.advice` takes them."""
    return None if choices == FOUND else choices
