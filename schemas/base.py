"""The base of everything that crosses a process."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pilotfish.schemas.ids import new_id

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""ClickHouse's DateTime, which windows start at, ends in 2106."""

Time = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""An aware time. Those of unset clocks are refused: 1970 would open windows nobody
looks at. The bounds are pydantic's own, checked without a call into Python, which would
take a third of an event's decoding."""


def micros(at: datetime) -> int:
    """Return microseconds since 1970, as ClickHouse's DateTime64(6) counts them."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at_us: int) -> datetime:
    """Return the time, in UTC, that `micros` counted."""
    return _EPOCH + at_us * _MICROSECOND


def utc_now() -> datetime:
    """Return the wall clock, aware, in UTC."""
    return datetime.now(UTC)


_DRAWN: Final = (utc_now, new_id)


class Value(BaseModel):
    """A frozen part of a message; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Value):
    """A frozen message with a schema name (the class's own) and a version.

    `schema_version` rises when a change is not readable by old code; the step
    from the version before is then written in `schemas/upcasts.py`.
    """

    schema_version: ClassVar[int] = 1

    @classmethod
    def schema_name(cls) -> str:
        """Return what the `schema` header says."""
        return cls.__name__

    @classmethod
    def made_at_creation(cls) -> frozenset[str]:
        """Return the fields that the maker draws: ids and times. Readers require them."""
        fields = cls.model_fields.items()
        return frozenset(n for n, f in fields if f.default_factory in _DRAWN)
