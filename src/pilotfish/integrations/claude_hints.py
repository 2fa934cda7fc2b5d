"""The hints that prompts of Claude Code got, from the hook that asked to the one that reports.

Each hook is a process of its own, so they are kept in a file for each session.
"""

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotfish._sdk.event_fields import hint_mark
from pilotfish._sdk.hint import Hint
from pilotfish.schemas.events import HintMark

_KEPT_S: Final = 7 * 86400.0
_MOST: Final = 200
_NAMED: Final = "named"


class KeptHint(NamedTuple):
    """A hint that a prompt got; `named` says whether it chose among named approaches."""

    mark: HintMark
    named: bool

    @property
    def used(self) -> str | None:
        """The approach that was used, if the transcript does not say otherwise."""
        return self.mark.approach if self.named else None


class SessionHints:
    """The hints of one session.

    Args:
        folder: of all sessions; made if it is not there.
        session: the session's id.
    """

    def __init__(self, folder: Path, session: str) -> None:
        self._folder = folder
        self._file = folder / f"{_digest(session)}.json"

    def note(self, prompt: str, hint: Hint, *, named: bool) -> None:
        """Keep a hint, or an abstention; forget sessions of more than a week ago.

        Args:
            prompt: what got the hint.
            hint: the hint.
            named: whether it chose among named approaches, not what was found.

        Raises:
            OSError: the file cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_old_sessions()
        kept = hint_mark(hint).model_dump() | {_NAMED: named}
        hints = self._read() | {_digest(prompt.strip()): kept}
        newest = dict(list(hints.items())[-_MOST:])
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(newest))
        written.replace(self._file)

    def of(self, prompt: str) -> KeptHint | None:
        """Return the hint that a prompt got; None if it got none."""
        kept = self._read().get(_digest(prompt.strip()))
        if not kept:
            return None
        named = kept.pop(_NAMED, True)  # what an older version kept does not have it
        return KeptHint(HintMark.model_validate(kept), named)

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            hints = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return hints if isinstance(hints, dict) else {}

    def _forget_old_sessions(self) -> None:
        for file in self._folder.glob("*.json"):
            if file.stat().st_mtime < time.time() - _KEPT_S:
                file.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
