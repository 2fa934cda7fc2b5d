from faults.records import Record

from pilotfish.schemas.events import SignalRecorded
from pilotfish.streams.attempts.assembly import event_mark
from pilotfish.streams.attempts.cache import WorkerCache
from pilotfish.streams.attempts.state import State
from pilotfish.streams.batch import EventBatch, ReceivedEvent


def batch(*places: tuple[str, int]) -> EventBatch:
    """Return events of these attempts at these offsets of partition 1."""
    return EventBatch(
        [
            ReceivedEvent(
                SignalRecorded(
                    event_id=f"{attempt}-{offset}", attempt_id=attempt, kind="retry"
                ),
                Record(1, offset, b"", b"", []),
            )
            for attempt, offset in places
        ]
    )


def cached(**states: State) -> WorkerCache:
    made = WorkerCache()
    for attempt, state in states.items():
        made.states.put(("default", attempt), state)
    return made


def state(last_offset: int, partition: int = 1) -> State:
    return State("default", "any", partition, last_offset=last_offset)


def test_the_first_unseen_event_is_the_first_after_its_attempts_offset() -> None:
    cache = cached(a=state(6), b=state(-1))
    assert batch(("a", 5), ("a", 6), ("b", 7), ("a", 8)).first_unseen(cache) == {
        ("default", 1): 7
    }
    assert batch(("a", 5), ("a", 6)).first_unseen(cache) == {}


def test_a_duplicate_is_seen_at_any_offset() -> None:
    seen = state(6)
    seen.seen[event_mark("a-9")] = None
    cache = cached(a=seen)
    assert batch(("a", 9), ("a", 10)).first_unseen(cache) == {("default", 1): 10}


def test_an_event_in_the_wrong_partition_is_never_the_first_unseen() -> None:
    cache = cached(a=state(3, partition=0), b=state(6))
    cache.ends[1] = 2
    astray = batch(("a", 3), ("b", 7))
    assert astray.first_unseen(cache) == {("default", 1): 7}
    assert not astray.seen_by_others(cache)


def test_an_event_seen_after_the_own_end_was_written_by_others() -> None:
    cache = cached(a=state(6))
    assert not batch(("a", 6)).seen_by_others(cache), (
        "the cache has nothing of the partition"
    )
    cache.ends[1] = 7
    assert not batch(("a", 6)).seen_by_others(cache), "it was this worker"
    cache.ends[1] = 6
    assert batch(("a", 6)).seen_by_others(cache)
