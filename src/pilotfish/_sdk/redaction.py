"""Redaction of every text before it leaves the process."""

from collections.abc import Callable
from typing import Any, Final

from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.texts import encodable

Redact = Callable[[str], str]

FAILED: Final = "[redaction failed]"


class Redaction:
    """Applies the user's function; a text on which it raises is replaced.

    Args:
        redact: the user's function, called from several threads; None changes nothing.
        warnings: receives the reasons for replaced texts.
    """

    def __init__(self, redact: Redact | None, warnings: Warnings) -> None:
        self._redact = redact
        self._warnings = warnings
        self.failed = 0
        """Texts on which the function raised, or did not return a string."""

    def text(self, text: str) -> str:
        """Return the text that may leave the process; never raises.

        Lone surrogates, which UTF-8 cannot encode, become question marks.
        """
        return encodable(text if self._redact is None else self._apply(text))

    def values(self, value: Any) -> Any:
        """Return a JSON value with all texts redacted, except for keys."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.values(item) for item in value]
        if isinstance(value, dict):
            return {encodable(key): self.values(item) for key, item in value.items()}
        return value

    def _apply(self, text: str) -> str:
        assert self._redact is not None
        try:
            redacted: object = self._redact(text)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's function may raise anything
            return self._replace(f"redact raised {type(error).__name__}")
        if not isinstance(redacted, str):
            return self._replace(f"redact returned {type(redacted).__name__}, not str")
        return redacted

    def _replace(self, reason: str) -> str:
        self.failed += 1
        self._warnings.once(reason, "a text was replaced")
        return FAILED
