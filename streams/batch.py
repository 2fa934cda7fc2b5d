"""One batch of events: decoded, applied to the cache, and what there is to write.

The events of a partition come in the order of their offsets, without holes.
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
from pilotfish.streams.attempts.windows import Delta, Kind, Page, deltas, share
from pilotfish.streams.labels.model import LabelModel


class Record(Protocol):
    """A record of Kafka as Faust hands it out."""

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


class Arrived(NamedTuple):
    """An event and where it came from."""

    event: Event | AttemptForgotten
    record: Record


class Unreadable(NamedTuple):
    """A record that becomes a dead letter, and why."""

    record: Record
    reason: str


class Change(NamedTuple):
    """What an event changed in a window, at its offset."""

    delta: Delta
    offset: int


@dataclass(slots=True)
class Batch:
    """Events in order, and what they change: states and windows by key, labels by attempt.

    `ends` are partition -> offset behind its last record. `retracted` are the labels
    that take back those of forgotten attempts; `orders` what is to be forgotten.
    """

    events: list[Arrived] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)
    states: dict[AttemptKey, State] = field(default_factory=dict)
    labelled: dict[AttemptKey, State] = field(default_factory=dict)
    retracted: dict[AttemptKey, AttemptLabelled] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    models: dict[ModelKey, LabelModel] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    cells: dict[tuple[Page, Kind], Cell] = field(default_factory=dict)

    def attempts(self) -> set[AttemptKey]:
        """Return the attempts of this batch."""
        return {(event.tenant, event.attempt_id) for event, _ in self.events}

    def seen_by_others(self, cache: WorkerCache) -> bool:
        """Return whether another worker wrote an event that this one comes to only now.

        One that lost its partitions in its sleep, and woke. What it learned from that
        event is in its snapshot of the model, and not in this cache.
        """
        return any(
            cache.ends.get(record.partition, record.offset + 1)
            <= record.offset
            <= state.last_offset
            for _, record, state in self._in_place(cache)
        )

    def first_unseen(self, cache: WorkerCache) -> dict[ModelKey, int]:
        """Return the offset of the first event that its attempt has not seen, by model."""
        first: dict[ModelKey, int] = {}
        for event, record, state in self._in_place(cache):
            key = event.tenant, record.partition
            if key in first:
                continue
            if not is_seen(state, event_mark(event.event_id), record.offset):
                first[key] = record.offset
        return first

    def tenants_forgotten(self) -> set[str]:
        """Return the tenants of which this batch says that nothing may be kept."""
        return {order.tenant for order in self.orders if not order.attempt_id}

    def _in_place(
        self, cache: WorkerCache
    ) -> Iterator[tuple[Event | AttemptForgotten, Record, State]]:
        """Yield events with the states of their attempts, which are in that partition."""
        for event, record in self.events:
            state = cache.states[event.tenant, event.attempt_id]
            if state.partition == record.partition:
                yield event, record, state

    def learners(self, cache: WorkerCache) -> set[ModelKey]:
        """Return the models that the cache has of this batch's events."""
        keys = {(event.tenant, record.partition) for event, record in self.events}
        return {key for key in keys if key in cache.models}

    def pages(self) -> set[Page]:
        """Return the windows that the applied events change."""
        return {change.delta.page for change in self.changes}


def read(records: Iterable[Record]) -> Batch:
    """Return the records as a batch of events; nothing is applied yet."""
    batch = Batch()
    for record in records:
        batch.ends[record.partition] = record.offset + 1
        try:
            message = decode(EVENTS, record.value, record.headers)
        except SchemaError as error:
            batch.unreadable.append(Unreadable(record, str(error)))
        else:
            _sort_in(batch, message, record)
    gone = batch.tenants_forgotten()
    batch.events = [one for one in batch.events if one.event.tenant not in gone]
    return batch


def _sort_in(batch: Batch, message: Message, record: Record) -> None:
    if isinstance(message, TenantForgotten):
        place = record.partition, record.offset
        batch.orders.append(Order(message.tenant, "", message.event_id, *place))
    else:
        batch.events.append(Arrived(cast("Event | AttemptForgotten", message), record))


def apply_events(batch: Batch, cache: WorkerCache) -> None:
    """Apply the events to the states of their attempts and note what that changes."""
    for event, record in batch.events:
        key = event.tenant, event.attempt_id
        state = cache.states[key]
        if state.partition != record.partition:
            batch.unreadable.append(Unreadable(record, _elsewhere(state)))
            continue
        if isinstance(event, AttemptForgotten):
            _forget(batch, cache, event, record)
            continue
        learner = event.tenant, record.partition
        if learner not in cache.models:  # there is nothing of it that is not seen
            continue
        version, before = state.version, share(state)
        if not apply(state, event, record.offset, cache.models[learner]):
            continue
        batch.states[key] = state
        if state.version != version:
            batch.labelled[key] = state
            batch.models[learner] = cache.models[learner]
            for delta in deltas(before, share(state)):
                batch.changes.append(Change(delta, record.offset))


def _forget(
    batch: Batch, cache: WorkerCache, event: AttemptForgotten, record: Record
) -> None:
    """Take the attempt's counts and label back, and leave a tombstone of its state.

    The order is noted also where it was obeyed before: whoever gave it again waits.
    """
    key = event.tenant, event.attempt_id
    state, offset = cache.states[key], record.offset
    batch.orders.append(Order(*key, event.event_id, record.partition, offset))
    if state.status == FORGOTTEN or offset <= state.last_offset:
        return
    left = batch.states[key] = tombstone(state, offset)
    cache.states.put(key, left)
    for delta in deltas(share(state), share(left)):
        batch.changes.append(Change(delta, offset))
    batch.labelled.pop(key, None)
    if left.version:
        batch.retracted[key] = labelled(_as_retracted(left, state))


def _as_retracted(left: State, before: State) -> State:
    """Return what learners need to un-learn: the problem, and no word on it."""
    return replace(
        left,
        problem=before.problem,
        started_us=before.started_us,
        ended_us=before.ended_us,
    )


def count_changes(batch: Batch, cache: WorkerCache) -> None:
    """Add the changes to the windows in cache and note the cells to write."""
    for delta, offset in batch.changes:
        if cache.count(delta, offset):
            cell = cache.pages[delta.page][delta.kind]
            batch.cells[delta.page, delta.kind] = cell


def labelled(state: State) -> AttemptLabelled:
    """Return the message about an attempt that has a label."""
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


def _elsewhere(state: State) -> str:
    return (
        f"the attempt's events are in partition {state.partition}: "
        "publish every event under the attempt's id as key, with one partitioner"
    )
