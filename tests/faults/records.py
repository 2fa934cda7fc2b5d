"""Events as records of one partition of Kafka, without Kafka."""

from collections.abc import Iterable
from dataclasses import dataclass

from pilotfish.schemas.codec import Headers, encode, headers_of
from pilotfish.schemas.events import Event
from pilotfish.schemas.topics import EVENTS


@dataclass(frozen=True, slots=True)
class Record:
    """What the stream processors see of a record."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None
    topic: str = EVENTS.name


def records(
    events: Iterable[Event], first_offset: int = 0, partition: int = 0
) -> list[Record]:
    """Return the events at consecutive offsets."""
    return [
        Record(
            partition,
            offset,
            event.attempt_id.encode(),
            encode(event),
            headers_of(event),
        )
        for offset, event in enumerate(events, start=first_offset)
    ]
