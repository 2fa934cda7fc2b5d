"""The hints that prompts of Claude Code got, from the hook that asked to the one that reports.

Each hook is a process of its own, so they are kept in a file for each session.
"""

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Final

from pilotfish._sdk.event_fields import hint_mark
from pilotfish._sdk.hint import Hint
from pilotfish.schemas.events import HintMark

_KEPT_S: Final = 7 * 86400.0
_MOST: Final = 200


class SessionHints:
    """The hints of one session.

    Args:
        folder: of all sessions; made if it is not there.
        session: the session's id.
    """

    def __init__(self, folder: Path, session: str) -> None:
        self._folder = folder
        self._file = folder / f"{_digest(session)}.json"

    def note(self, prompt: str, hint: Hint) -> None:
        """Keep a hint, or an abstention; forget sessions of more than a week ago.

        Raises:
            OSError: the file cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_old_sessions()
        marks = self._read() | {_digest(prompt.strip()): hint_mark(hint).model_dump()}
        newest = dict(list(marks.items())[-_MOST:])
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(newest))
        written.replace(self._file)

    def of(self, prompt: str) -> HintMark | None:
        """Return the mark of the hint that a prompt got; None if it got none."""
        mark = self._read().get(_digest(prompt.strip()))
        return HintMark.model_validate(mark) if mark else None

    def _read(self) -> dict[str, object]:
        try:
            marks = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return marks if isinstance(marks, dict) else {}

    def _forget_old_sessions(self) -> None:
        for file in self._folder.glob("*.json"):
            if file.stat().st_mtime < time.time() - _KEPT_S:
                file.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
