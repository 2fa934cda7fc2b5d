"""Dead letters: unreadable records, kept unchanged."""

from pydantic import Base64Bytes, Field

from pilotfish.schemas.base import Message, Time, utc_now
from pilotfish.schemas.ids import Identifier


class DeadLetter(Message):
    """The raw bytes of a record, where it was, and why it could not be read."""

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
