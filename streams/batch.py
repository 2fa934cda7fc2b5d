"""One batch of events: decoded, in order, with what there is to write.

The events of a partition arrive in the order of their offsets, without gaps.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, cast

from pilotfish.runtime.forgotten import Order
from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import Headers, decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Event
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.keys import AttemptKey
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.attempts.assembly import event_mark, is_seen
from pilotfish.streams.attempts.cache import Cell, ModelKey, WorkerCache
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.windows import Delta, Segment, Window
from pilotfish.streams.labels.model import LabelModel


class Record(Protocol):
    """A record of Kafka, as Faust provides it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Headers | None: ...


class ReceivedEvent(NamedTuple):
    """An event and the record that it came in."""

    event: Event | AttemptForgotten
    record: Record


class Unreadable(NamedTuple):
    """A record that becomes a dead letter, and the reason."""

    record: Record
    reason: str


class Change(NamedTuple):
    """A change of a window by the event at `offset`."""

    delta: Delta
    offset: int


@dataclass(slots=True)
class EventBatch:
    """Events in order, and what they change.

    Attributes:
        ends: by partition, the offset after its last record.
        states: the changed states.
        labelled: the states whose label changed.
        retracted: labels that retract those of forgotten attempts.
        orders: the attempts and tenants to forget.
    """

    events: list[ReceivedEvent] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    states: dict[AttemptKey, State] = field(default_factory=dict)
    labelled: dict[AttemptKey, State] = field(default_factory=dict)
    retracted: dict[AttemptKey, AttemptLabelled] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    models: dict[ModelKey, LabelModel] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    cells: dict[tuple[Window, Segment], Cell] = field(default_factory=dict)

    def attempts(self) -> set[AttemptKey]:
        """Return the keys of this batch's attempts."""
        return {(event.tenant, event.attempt_id) for event, _ in self.events}

    def seen_by_others(self, cache: WorkerCache) -> bool:
        """Return whether another worker has written an event that is new to this cache.

        Such a worker was paused, lost its partitions, and went on. What it learned from
        the event is in its snapshot of the model, but not in this cache.
        """
        return any(
            cache.ends.get(record.partition, record.offset + 1)
            <= record.offset
            <= state.last_offset
            for _, record, state in self._in_place(cache)
        )

    def first_unseen(self, cache: WorkerCache) -> dict[ModelKey, int]:
        """Return, by model, the offset of the first event that its attempt has not seen."""
        first: dict[ModelKey, int] = {}
        for event, record, state in self._in_place(cache):
            key = event.tenant, record.partition
            if key in first:
                continue
            if not is_seen(state, event_mark(event.event_id), record.offset):
                first[key] = record.offset
        return first

    def tenants_forgotten(self) -> set[str]:
        """Return the tenants that this batch orders to forget."""
        return {order.tenant for order in self.orders if not order.attempt_id}

    def _in_place(
        self, cache: WorkerCache
    ) -> Iterator[tuple[Event | AttemptForgotten, Record, State]]:
        """Yield events with their states, without those in a wrong partition."""
        for event, record in self.events:
            state = cache.states[event.tenant, event.attempt_id]
            if state.partition == record.partition:
                yield event, record, state

    def model_keys(self, cache: WorkerCache) -> set[ModelKey]:
        """Return the cached models that this batch's events belong to."""
        keys = {(event.tenant, record.partition) for event, record in self.events}
        return {key for key in keys if key in cache.models}

    def windows(self) -> set[Window]:
        """Return the windows that the applied events change."""
        return {change.delta.window for change in self.changes}


def read(records: Iterable[Record]) -> EventBatch:
    """Decode records into a batch; nothing is applied yet."""
    batch = EventBatch()
    for record in records:
        batch.ends[record.partition] = record.offset + 1
        try:
            message = decode(EVENTS, record.value, record.headers)
        except SchemaError as error:
            batch.unreadable.append(Unreadable(record, str(error)))
        else:
            _add(batch, message, record)
    forgotten = batch.tenants_forgotten()
    batch.events = [
        received for received in batch.events if received.event.tenant not in forgotten
    ]
    return batch


def _add(batch: EventBatch, message: Message, record: Record) -> None:
    if isinstance(message, TenantForgotten):
        place = record.partition, record.offset
        batch.orders.append(Order(message.tenant, "", message.event_id, *place))
    else:
        event = cast("Event | AttemptForgotten", message)
        batch.events.append(ReceivedEvent(event, record))
