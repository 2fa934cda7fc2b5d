"""Dead letters: unreadable records, kept unchanged."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from pydantic import Base64Bytes, Field

from pilotfish.schemas.base import Message, Time, utc_now
from pilotfish.schemas.ids import Identifier

REPLAY_OF: Final = "replay-of"
"""The header of a record that was published again: where it was at first."""

_ORIGIN: Final = re.compile(r"([\w.-]{1,249})/([0-9]{1,9})/([0-9]{1,18})")


class Origin(NamedTuple):
    """Where a record was when it was set aside for the first time."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


def origin_of(here: Origin, headers: Mapping[str, str]) -> Origin:
    """Return where a record was at first: elsewhere in its topic, if it is a replay."""
    said = _ORIGIN.fullmatch(headers.get(REPLAY_OF, ""))
    if said is None or said[1] != here.topic:
        return here
    return Origin(said[1], int(said[2]), int(said[3]))


class DeadLetter(Message):
    """The raw bytes of a record, where it was at first, and why it could not be read."""

    tenant: Identifier = "default"
    at: Time = Field(default_factory=utc_now)
    service: str
    reason: str = Field(max_length=4096)
    topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    key: Base64Bytes = b""
    value: Base64Bytes
    headers: dict[str, str] = Field(default_factory=dict)
