"""Identifiers: UUIDv7, so that sorting by id sorts by time (RFC 9562)."""

from typing import Annotated

import uuid_utils
from pydantic import StringConstraints

Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\w.:@/-]+$")
]
"""An id made by us (UUIDv7) or by the user: a word of at most 128 characters."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A name people chose: an approach, an agent, a problem type, a step."""


def new_id() -> str:
    """Return a UUIDv7 as text: 36 characters, increasing within a process."""
    return str(uuid_utils.uuid7())
