"""The advisor in service: the newest message of a tenant in the compacted topic."""

from pydantic import Field

from pilotfish.schemas.base import Message, Time, utc_now
from pilotfish.schemas.ids import Identifier


class AdvisorPromoted(Message):
    """`version` replaces `parent` in service; `checksum` is that of its bundle."""

    tenant: Identifier
    version: Identifier
    parent: str = ""
    checksum: str
    at: Time = Field(default_factory=utc_now)
    reason: str = ""


class AdvisorRolledBack(Message):
    """`version`, an older one, replaces `withdrawn` in service."""

    tenant: Identifier
    version: Identifier
    withdrawn: str
    checksum: str
    at: Time = Field(default_factory=utc_now)
    reason: str = ""
