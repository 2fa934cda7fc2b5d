"""Where a forked Codex session begins: above that its transcript repeats another session's.

The copied lines have the time of the fork. But ids of turns are UUIDs of version 7, which
tell when a turn was begun, and so does `started_at`.
"""

import re
from typing import Any, Final

from pilotfish.schemas.base import micros
from pilotfish.schemas.imports.values import moment, name, number

_UUID_7: Final = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f-]{17}")
_COPYING_MS: Final = 2000
"""Copying takes much less, and a prompt after it more: where turns have no such ids."""


class Fork:
    """Knows whether the lines so far are copied.

    Args:
        session: what the transcript's first line tells of the session.
        at: the time of that line.
    """

    def __init__(self, session: dict[str, Any], at: object) -> None:
        told = _ms_of_time(session.get("timestamp") or at)
        self._at_ms = _ms_of_id(session.get("id")) or told
        self._tells_starts = False
        self.is_copied = bool(session.get("forked_from_id")) and self._at_ms > 0

    def reaches(self, item: dict[str, Any], at: object, *, is_prompt: bool) -> bool:
        """Return whether the session's own turns begin with this line.

        Args:
            item: what the line holds.
            at: the time of the line.
            is_prompt: whether the user wrote it.
        """
        if not self.is_copied:
            return False
        begun_ms = _ms_of_id(item.get("turn_id"))
        if not begun_ms and (started_s := number(item.get("started_at"))):
            begun_ms = int(started_s) * 1000 + 999  # it is in whole seconds
        self._tells_starts = self._tells_starts or begun_ms > 0
        if is_prompt and not self._tells_starts:
            begun_ms = _ms_of_time(at) - _COPYING_MS
        self.is_copied = begun_ms < self._at_ms
        return not self.is_copied


def _ms_of_id(value: object) -> int:
    """Return when a UUID of version 7 was made, in milliseconds; 0 if it is none."""
    made = _UUID_7.fullmatch(name(value).lower())
    return int(made[1] + made[2], 16) if made else 0


def _ms_of_time(value: object) -> int:
    at = moment(value)
    return micros(at) // 1000 if at else 0
