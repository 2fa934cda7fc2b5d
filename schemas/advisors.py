"""Which advisor is in service: the newest message of a tenant in the compacted topic."""

from pydantic import Field

from pilotfish.schemas.base import Message, Time, utc_now
from pilotfish.schemas.ids import Identifier


class AdvisorPromoted(Message):
    """`version` goes into service in place of `parent`; its bundle has this checksum."""

    tenant: Identifier
    version: Identifier
    parent: str = ""
    checksum: str
    at: Time = Field(default_factory=utc_now)
    reason: str = ""


class AdvisorRolledBack(Message):
    """`version`, an older one, is in service again in place of `withdrawn`."""

    tenant: Identifier
    version: Identifier
    withdrawn: str
    checksum: str
    at: Time = Field(default_factory=utc_now)
    reason: str = ""
