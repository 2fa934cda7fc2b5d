"""The arguments of `connect`."""

import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from pilotfish.schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `connect`, by the same names; None defers to PILOTFISH_*.

    Raises:
        ConfigurationError: a number is out of range, or the platform has no spool.
    """

    kafka: str | None
    tenant: str | None
    agent: str
    agent_version: str
    model: str
    advice_deadline_s: float
    redact: Callable[[str], str] | None
    queue_bytes: int
    spool: str | os.PathLike[str] | None

    def __post_init__(self) -> None:
        if not (self.advice_deadline_s > 0 and math.isfinite(self.advice_deadline_s)):
            raise ConfigurationError(
                f"advice_deadline_s is {self.advice_deadline_s}: give seconds above 0"
            )
        if self.queue_bytes <= 0:
            raise ConfigurationError(
                f"queue_bytes is {self.queue_bytes}: give a number above 0"
            )
        if self.spool is not None and sys.platform == "win32":
            raise ConfigurationError(
                "spool is not supported on Windows: leave the argument out"
            )
