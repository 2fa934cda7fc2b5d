"""What can happen to a call to a server: it fails, before or after its effect."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class CrashError(Exception):
    """What a kill looks like from inside."""


@dataclass
class Trouble:
    """Lets one of the next calls of a service to a server fail.

    Args:
        left: calls until then; None for never.
        error: what the call raises, before or after it took effect.
    """

    left: int | None = None
    error: Exception = field(default_factory=CrashError)

    def call(self, effect: Callable[[], Any]) -> Any:
        """Make a call; a point of failure lies on either side of its effect."""
        self._point()
        result = effect()
        self._point()
        return result

    def _point(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise self.error
