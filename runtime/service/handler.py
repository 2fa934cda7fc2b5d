"""What a service brings to the loop that runs it: five methods about batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.schemas.base import Message
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import Topic


class Received(NamedTuple):
    """A message, and where it lies."""

    message: Message
    topic: Topic
    partition: int
    offset: int


@dataclass(slots=True)
class Batch:
    """What one poll brought, without what could not be read.

    Args:
        polled_at: monotonic seconds when its records were asked for.
        messages: those of a partition are in the order of offsets.
        ends: the next offset in each of its partitions.
        records: how many there were, readable or not.
        size_bytes: the size of their values.
    """

    polled_at: float
    messages: list[Received] = field(default_factory=list)
    ends: dict[Place, int] = field(default_factory=dict)
    records: int = 0
    size_bytes: int = 0


class BusyError(Exception):
    """The handler cannot take a batch yet; the loop offers it again."""


class TakenOverError(Exception):
    """Another consumer has processed this batch; the loop asks where to read on."""


class Handler(Protocol):
    """One consumer's work. All methods are called by the loop's thread."""

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Return where to read on; partitions that are left out, where committed."""
        ...

    def handle(self, batch: Batch) -> Ends:
        """Process a batch; return what is durable by now, be it of an earlier batch.

        Raises:
            BusyError: offer the batch again.
            TakenOverError: drop the batch, and ask where to read on.
        """
        ...

    def idle(self) -> Ends:
        """Do what is due beside batches, once a step; return as `handle`."""
        ...

    def revoked(self, places: Sequence[Place]) -> Ends:
        """Finish or give up the work on partitions that go; return as `handle`."""
        ...

    def close(self) -> Ends:
        """Finish or give up all work, and disconnect; return as `handle`."""
        ...
