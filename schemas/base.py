"""Base classes of messages, and times."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pilotfish.schemas.ids import new_id

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""ClickHouse's DateTime, the type of window starts, ends in 2106."""

Time = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""An aware time. Times of unset clocks are refused, because 1970 would open windows that
nobody looks at. The bounds are pydantic's own, because a check in Python would take a
third of the time of decoding an event."""


def micros(at: datetime) -> int:
    """Return microseconds since 1970, the unit of ClickHouse's DateTime64(6)."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at_us: int) -> datetime:
    """Return the time in UTC of microseconds since 1970."""
    return _EPOCH + at_us * _MICROSECOND


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


_DRAWN: Final = (utc_now, new_id)
"""Default factories whose values differ at each call."""


class Value(BaseModel):
    """A frozen part of a message; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Value):
    """A frozen message with a schema name (the class's own) and a version.

    `schema_version` rises when old code cannot read a change; the step from the previous
    version is then added to `schemas/upcasts.py`.
    """

    schema_version: ClassVar[int] = 1

    @classmethod
    def schema_name(cls) -> str:
        """Return the value of the `schema` header."""
        return cls.__name__

    @classmethod
    def made_at_creation(cls) -> frozenset[str]:
        """Return the fields that are drawn at creation: ids and times. Readers require them."""
        fields = cls.model_fields.items()
        return frozenset(name for name, f in fields if f.default_factory in _DRAWN)


class RawMessage(Message):
    """A message in somebody else's format: its value in Kafka is `body`, as received.

    The other fields travel as headers, all of them texts with a default: a record that
    others publish has none.
    """

    body: bytes
