"""Ids of attempts in a log, made from its content: who reads it again gets the same ids.

A log is known by its first hundred records, so that two logs with some records in common
share no ids, and one that has grown keeps those it had. Within it an id depends on all
records up to its own: the same line twice is two attempts, and from a changed record on
all ids are new.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.attempt_log.reader import Entry
from pilotfish.schemas.ids import log_id

KNOWN_BY: Final = 100
"""Records by which a log is known; a shorter one is known by all of them."""


class Identified(NamedTuple):
    """An attempt of a log with its id."""

    attempt_id: str
    attempt: LoggedAttempt


def identified(entries: Iterable[Entry]) -> Iterator[Identified]:
    """Yield the attempts of a log, from its first record on, with their ids."""
    rest = iter(entries)
    beginning = list(islice(rest, KNOWN_BY))
    first = _digest(*(_content(record) for _, record in beginning))
    digest = first
    for number, (attempt, record) in enumerate(chain(beginning, rest)):
        digest = _digest(digest, _content(record))
        yield Identified(log_id(first, number, digest), attempt)


def _digest(*parts: bytes) -> bytes:
    return blake2b(b"\n".join(parts), digest_size=16).digest()


def _content(record: Any) -> bytes:
    """Return the content of a record, however it was laid out."""
    return json.dumps(record, sort_keys=True, default=str).encode()
