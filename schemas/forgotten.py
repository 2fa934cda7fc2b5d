"""Orders to forget: published among the events, so that their order is defined."""

from typing import Final

from pydantic import Field

from pilotfish.schemas.base import Message, Time, utc_now
from pilotfish.schemas.events import EventBase
from pilotfish.schemas.ids import Identifier, new_id

FORGOTTEN: Final = "forgotten"
"""The reason why the last label of a forgotten attempt abstains, and its status."""


class AttemptForgotten(EventBase):
    """The order to delete an attempt, and to drop its later events."""


class TenantForgotten(Message):
    """The order to delete all data of a tenant; published to each partition of events."""

    event_id: Identifier = Field(default_factory=new_id)
    tenant: Identifier
    at: Time = Field(default_factory=utc_now)
