"""Identifiers: UUIDv7, so that sorting by id sorts by time (RFC 9562)."""

import uuid
from typing import Annotated, Final

import uuid_utils
from pydantic import StringConstraints

Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\w.:@/-]+$")
]
"""A UUIDv7 of ours, or an id of the user: up to 128 characters without blanks."""

StrategyId = Annotated[str, StringConstraints(max_length=128)]
"""The id of a strategy that was found; empty where none was."""

MAX_NAME: Final = 200
"""Characters of a name."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
"""A name that people choose: of an approach, an agent, a problem type, a step."""


def new_id() -> str:
    """Return a UUIDv7 as text: 36 characters, increasing within a process."""
    return str(uuid_utils.uuid7())


def log_id(first: bytes, number: int, digest: bytes) -> str:
    """Return the id of an attempt in a log, the same whenever the log is read.

    A UUIDv8, so that the attempts of a log stand together, in its order.

    Args:
        first: a hash of the log's beginning.
        number: which attempt of the log it is.
        digest: a hash of the log up to it.
    """
    place = number % 2**28
    fields = (
        int.from_bytes(first[:4]),
        place >> 12,
        0x8000 | place & 0xFFF,
        0x80 | digest[0] & 0x3F,
        digest[1],
        int.from_bytes(digest[2:8]),
    )
    return str(uuid.UUID(fields=fields))


_CLUSTER_NAMESPACE: Final = uuid.UUID("5b0f4be3-5f0e-4a55-8d8c-6a8c2f0a9c11")


def cluster_id(attempt_id: str) -> str:
    """Return the id of the cluster whose first problem is that of this attempt."""
    return uuid.uuid5(_CLUSTER_NAMESPACE, attempt_id).hex


_ASSIGNMENT_NAMESPACE: Final = uuid.UUID("3f6a1c84-90f7-4a8c-9a39-0a5b6f6d2f47")


def assignment_id(attempt_id: str, strategy: str, version: int) -> str:
    """Return the id of the event that assigns a strategy, the same if it is sent again.

    Args:
        attempt_id: the attempt.
        strategy: the strategy, or nothing.
        version: of the label that the assignment follows; an attempt may go back to a
            strategy that it had before.
    """
    key = f"{attempt_id}/{strategy}/{version}"
    return str(uuid.uuid5(_ASSIGNMENT_NAMESPACE, key))


_IMPORT_NAMESPACE: Final = uuid.UUID("1d0c9b6e-2a57-4c53-9d43-7a6b5fd0c8e4")


def import_id(source: str, name: str) -> str:
    """Return the id of an imported attempt, the same in every import.

    Args:
        source: the format that it was recorded in.
        name: what it is called there.
    """
    return str(uuid.uuid5(_IMPORT_NAMESPACE, f"{source}/{name}"))
