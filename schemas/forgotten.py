"""Orders to forget: they go where events go, so that each has its place among them."""

from typing import Final

from pydantic import Field

from pilotfish.schemas.base import Message, Time, utc_now
from pilotfish.schemas.events import EventBase
from pilotfish.schemas.ids import Identifier, new_id

FORGOTTEN: Final = "forgotten"
"""Why the last label of a forgotten attempt abstains, and the status of what is left."""


class AttemptForgotten(EventBase):
    """Nothing of this attempt may be kept; what is published of it later is dropped."""


class TenantForgotten(Message):
    """Nothing of this tenant may be kept; one in each partition of events."""

    event_id: Identifier = Field(default_factory=new_id)
    tenant: Identifier
    at: Time = Field(default_factory=utc_now)
