"""The base of everything that crosses a process."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from pilotfish.schemas.ids import new_id

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""ClickHouse's DateTime, which windows start at, ends in 2106."""


def _plausible(at: datetime) -> datetime:
    """Refuse the times of unset clocks: 1970 would open windows nobody looks at."""
    if at < EARLIEST:
        msg = f"time {at.isoformat()} is before 2020: is the sender's clock set?"
        raise ValueError(msg)
    if at >= LATEST:
        msg = f"time {at.isoformat()} is after 2099: is the sender's clock set?"
        raise ValueError(msg)
    return at.astimezone(UTC)


Time = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""An aware time in UTC, between 2020 and 2100."""


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
    @cache
    def made_at_creation(cls) -> frozenset[str]:
        """Return the fields that the maker draws: ids and times. Readers require them."""
        fields = cls.model_fields.items()
        return frozenset(n for n, f in fields if f.default_factory in _DRAWN)
