"""What every text passes before it leaves the process."""

from collections.abc import Callable
from typing import Any, Final

from pilotfish._sdk.warnings import Warnings

Redact = Callable[[str], str]

FAILED: Final = "[redaction failed]"


class Redaction:
    """Applies the user's function; a text on which it raises is not published.

    Args:
        redact: the user's function, called from several threads; None changes nothing.
        warnings: told about exceptions.
    """

    def __init__(self, redact: Redact | None, warnings: Warnings) -> None:
        self._redact = redact
        self._warnings = warnings
        self.failed = 0
        """Texts on which the function raised, or returned something else than text."""

    def text(self, text: str) -> str:
        """Return what may leave the process; never raises.

        Halves of surrogate pairs, which UTF-8 has no bytes for, become question marks.
        """
        return _encodable(text if self._redact is None else self._apply(text))

    def values(self, value: Any) -> Any:
        """Return JSON with every text in it redacted, keys excepted."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.values(one) for one in value]
        if isinstance(value, dict):
            return {_encodable(key): self.values(one) for key, one in value.items()}
        return value

    def _apply(self, text: str) -> str:
        assert self._redact is not None
        try:
            done: object = self._redact(text)
        except Exception as error:  # noqa: BLE001 - the user's function may do anything
            return self._give_up(f"redact raised {type(error).__name__}")
        if not isinstance(done, str):
            return self._give_up(f"redact returned {type(done).__name__}, not str")
        return done

    def _give_up(self, reason: str) -> str:
        self.failed += 1
        self._warnings.once(reason, "a text was replaced")
        return FAILED


def _encodable(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()
