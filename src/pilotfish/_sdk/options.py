"""What a user may say when connecting."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pilotfish.schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `connect`; None leaves a value to PILOTFISH_*.

    Raises:
        ConfigurationError: a number that makes no sense.
    """

    kafka: str | None = None
    tenant: str | None = None
    agent: str = "agent"
    agent_version: str = ""
    model: str = ""
    advice_deadline_s: float = 0.25
    redact: Callable[[str], str] | None = None
    queue_bytes: int = 16 * 1024 * 1024
    spool: Path | None = None

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
            raise ConfigurationError("spool: there is none on Windows, leave it out")
