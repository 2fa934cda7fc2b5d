"""Applies a batch of events to the cache, and collects what that changes."""

from dataclasses import replace

from pilotfish.runtime.forgotten import Order
from pilotfish.schemas.forgotten import FORGOTTEN, AttemptForgotten
from pilotfish.streams.attempts.assembly import apply
from pilotfish.streams.attempts.cache import WorkerCache
from pilotfish.streams.attempts.state import State, tombstone
from pilotfish.streams.attempts.windows import deltas, share
from pilotfish.streams.batch import Change, EventBatch, Record, Unreadable
from pilotfish.streams.label_message import label_message


def apply_events(batch: EventBatch, cache: WorkerCache) -> None:
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
    batch: EventBatch, cache: WorkerCache, event: AttemptForgotten, record: Record
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
        batch.retracted[key] = label_message(_with_problem(remains, state))


def _with_problem(remains: State, before: State) -> State:
    """Return the tombstone with the problem and times, which learners need to un-learn."""
    return replace(
        remains,
        problem=before.problem,
        started_us=before.started_us,
        ended_us=before.ended_us,
    )


def count_changes(batch: EventBatch, cache: WorkerCache) -> None:
    """Add the changes to the cached windows, and collect the cells to write."""
    for delta, offset in batch.changes:
        if cache.count(delta, offset):
            cell = cache.windows[delta.window][delta.segment]
            batch.cells[delta.window, delta.segment] = cell


def _wrong_partition(state: State) -> str:
    return (
        f"the attempt's events are in partition {state.partition}: publish all events of "
        "an attempt with its id as the key, and with the same partitioner"
    )
