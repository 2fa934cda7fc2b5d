"""One batch of events: decodes it, applies it to the cache, and collects what to write.

The events of a partition arrive in the order of their offsets, without gaps.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, cast

from pilotfish.runtime.forgotten import Order
from pilotfish.schemas.base import Message, moment
from pilotfish.schemas.codec import Headers, decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import Agent, Event
from pilotfish.schemas.forgotten import FORGOTTEN, AttemptForgotten, TenantForgotten
from pilotfish.schemas.keys import AttemptKey
from pilotfish.schemas.labels import AttemptLabelled, Evidence
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.attempts.assembly import apply, event_mark, is_seen
from pilotfish.streams.attempts.cache import Cell, ModelKey, WorkerCache
from pilotfish.streams.attempts.state import State, tombstone
from pilotfish.streams.attempts.windows import Delta, Segment, Window, deltas, share
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
class Batch:
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


def read(records: Iterable[Record]) -> Batch:
    """Decode records into a batch; nothing is applied yet."""
    batch = Batch()
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


def _add(batch: Batch, message: Message, record: Record) -> None:
    if isinstance(message, TenantForgotten):
        place = record.partition, record.offset
        batch.orders.append(Order(message.tenant, "", message.event_id, *place))
    else:
        event = cast("Event | AttemptForgotten", message)
        batch.events.append(ReceivedEvent(event, record))


def apply_events(batch: Batch, cache: WorkerCache) -> None:
    """Apply the events to the states of their attempts, and collect the changes."""
    for event, record in batch.events:
        key = event.tenant, event.attempt_id
        state = cache.states[key]
        if state.partition != record.partition:
            batch.unreadable.append(Unreadable(record, _wrong_partition(state)))
            continue
        if isinstance(event, AttemptForgotten):
            _forget(batch, cache, event, record)
            continue
        model_key = event.tenant, record.partition
        if model_key not in cache.models:  # all its events were seen before
            continue
        version, before = state.version, share(state)
        if not apply(state, event, record.offset, cache.models[model_key]):
            continue
        batch.states[key] = state
        if state.version != version:
            batch.labelled[key] = state
            batch.models[model_key] = cache.models[model_key]
            for delta in deltas(before, share(state)):
                batch.changes.append(Change(delta, record.offset))


def _forget(
    batch: Batch, cache: WorkerCache, event: AttemptForgotten, record: Record
) -> None:
    """Retract the attempt's counts and label, and replace its state by a tombstone.

    The order is recorded even if it was carried out before: whoever repeats it waits for
    the record.
    """
    key = event.tenant, event.attempt_id
    state, offset = cache.states[key], record.offset
    batch.orders.append(Order(*key, event.event_id, record.partition, offset))
    if state.status == FORGOTTEN or offset <= state.last_offset:
        return
    remains = batch.states[key] = tombstone(state, offset)
    cache.states.put(key, remains)
    for delta in deltas(share(state), share(remains)):
        batch.changes.append(Change(delta, offset))
    batch.labelled.pop(key, None)
    if remains.version:
        batch.retracted[key] = labelled(_with_problem(remains, state))


def _with_problem(remains: State, before: State) -> State:
    """Return the tombstone with the problem and times, which learners need to un-learn."""
    return replace(
        remains,
        problem=before.problem,
        started_us=before.started_us,
        ended_us=before.ended_us,
    )


def count_changes(batch: Batch, cache: WorkerCache) -> None:
    """Add the changes to the cached windows, and collect the cells to write."""
    for delta, offset in batch.changes:
        if cache.count(delta, offset):
            cell = cache.windows[delta.window][delta.segment]
            batch.cells[delta.window, delta.segment] = cell


def labelled(state: State) -> AttemptLabelled:
    """Return the message about a labelled attempt."""
    return AttemptLabelled(
        tenant=state.tenant,
        attempt_id=state.attempt_id,
        version=state.version,
        labeller=state.label.by,
        p_success=state.label.p_success,
        abstained=state.label.abstained,
        evidence=tuple(
            Evidence(kind=kind, value=value, source=source)
            for kind, value, source in state.signals
        ),
        votes=state.votes,
        problem=state.problem,
        problem_type=state.problem_type,
        approach=state.approach or None,
        agent=Agent(
            name=state.agent or "agent",
            version=state.agent_version,
            model=state.model,
        ),
        hint=state.hint,
        started_at=moment(state.started_us),
        ended_at=moment(state.ended_us or state.started_us),
        steps=state.steps,
        cost=state.cost,
        tokens=state.tokens,
        actions=tuple(state.conduct.actions),
        asker=state.asker,
        partition=state.partition,
        first_offset=state.first_offset,
        offset=state.last_offset,
    )


def _wrong_partition(state: State) -> str:
    return (
        f"the attempt's events are in partition {state.partition}: publish all events of "
        "an attempt with its id as the key, and with the same partitioner"
    )
