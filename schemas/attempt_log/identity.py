"""Ids of attempts in a log, made from its content: who reads it again gets the same ids.

An id depends on all attempts up to its own. So a log that has grown keeps the ids it had,
the same line twice is two attempts, and from a changed line on a log is another log.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.attempt_log.reader import Entry
from pilotfish.schemas.ids import log_id


class Identified(NamedTuple):
    """An attempt of a log with its id."""

    attempt_id: str
    attempt: LoggedAttempt


def identified(entries: Iterable[Entry]) -> Iterator[Identified]:
    """Yield the attempts of a whole log, or of its beginning, with their ids."""
    first, digest = b"", b""
    for number, (attempt, record) in enumerate(entries):
        digest = blake2b(digest + _content(record), digest_size=16).digest()
        first = first or digest
        yield Identified(log_id(first, number, digest), attempt)


def _content(record: Any) -> bytes:
    """Return the content of a record, however it was laid out."""
    return json.dumps(record, sort_keys=True, default=str).encode()
