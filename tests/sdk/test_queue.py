import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish._sdk.pending_event import EventName, PendingEvent
from pilotfish._sdk.queue import EventQueue

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KINDS: list[EventName] = ["AttemptStarted", "StepRecorded", "AttemptEnded"]


def pending(event: EventName, name: str = "", size: int = 10) -> PendingEvent:
    return PendingEvent(event, name, NOW, {}, size)


def names(queue: EventQueue) -> list[str]:
    return [event.attempt_id for event in queue.take(1000)]


def test_steps_and_outcomes_come_out_in_the_order_they_went_in() -> None:
    queue = EventQueue(1000)
    begin: list[EventName] = ["AttemptStarted", "StepRecorded", "StepRecorded"]
    end: list[EventName] = ["AttemptEnded"]
    for number, kind in enumerate(begin + end + begin):
        assert queue.put(pending(kind, str(number)))
    assert [event.attempt_id for event in queue.take(2)] == ["0", "1"]
    assert names(queue) == ["2", "3", "4", "5", "6"]


def test_the_oldest_steps_make_room_for_new_events() -> None:
    queue = EventQueue(40)
    queue.put(pending("AttemptStarted", "start"))
    for number in range(4):
        queue.put(pending("StepRecorded", str(number)))
    queue.put(pending("AttemptEnded", "end"))
    assert names(queue) == ["start", "2", "3", "end"]
    assert (queue.accepted, queue.dropped) == (6, 2)


def test_a_new_outcome_is_dropped_if_only_outcomes_are_queued() -> None:
    queue = EventQueue(20)
    assert queue.put(pending("AttemptStarted", "1"))
    assert queue.put(pending("AttemptEnded", "2"))
    assert not queue.put(pending("AttemptStarted", "3"))
    assert not queue.put(pending("StepRecorded", "4"))
    assert names(queue) == ["1", "2"]
    assert queue.dropped == 2


def test_a_step_larger_than_the_queue_is_dropped() -> None:
    queue = EventQueue(100)
    assert not queue.put(pending("StepRecorded", size=101))
    assert (queue.accepted, queue.dropped) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_queue_accepts_no_events_and_still_returns_its_own(
    kind: EventName,
) -> None:
    queue = EventQueue(100)
    queue.put(pending(kind, "before"))
    queue.close()
    assert not queue.put(pending(kind, "after"))
    assert names(queue) == ["before"]


def test_closing_the_queue_wakes_a_waiting_reader() -> None:
    queue = EventQueue(100)
    waiting = threading.Thread(target=queue.wait, args=(60.0,))
    waiting.start()
    queue.close()
    waiting.join(30)
    assert not waiting.is_alive()
    queue.wait(60.0)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(KINDS), st.integers(1, 60)),
            st.integers(1, 5),
        )
    ),
    st.integers(1, 100),
)
def test_nothing_is_lost_uncounted_or_reordered(
    actions: list[tuple[EventName, int] | int], limit: int
) -> None:
    queue = EventQueue(limit)
    offered: list[PendingEvent] = []
    taken: list[PendingEvent] = []
    for number, action in enumerate(actions):
        if isinstance(action, int):
            taken += queue.take(action)
        else:
            offered.append(pending(action[0], str(number), action[1]))
            queue.put(offered[-1])
    taken += queue.take(1000)
    assert queue.accepted == len(offered)
    assert queue.dropped == len(offered) - len(taken)
    order = [int(event.attempt_id) for event in taken]
    assert order == sorted(set(order))
    if sum(event.size for event in offered) <= limit:
        assert taken == offered


def test_what_is_cleared_is_counted_as_dropped() -> None:
    queue = EventQueue(1000)
    for kind in KINDS:
        queue.put(pending(kind))
    assert queue.clear() == len(KINDS) == queue.dropped
    assert queue.clear() == 0 and names(queue) == []
