"""The bounded queue between the agent's threads and the publisher's thread."""

import threading
from collections import deque
from itertools import count

from pilotfish._sdk.pending_event import PendingEvent


class EventQueue:
    """First in, first out; when it is full, the oldest steps are dropped first.

    Starts, signals, ends and feedback ("outcomes") are worth more than steps: every new
    event pushes out older steps if it needs their room. Only when no steps are left, an
    outcome that does not fit is dropped itself.

    Args:
        limit_bytes: memory of all events together; each counts 512 bytes and its text.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._lock = threading.Lock()
        self._filled = threading.Condition(self._lock)
        self._order = count()
        self._steps: deque[tuple[int, PendingEvent]] = deque()
        self._outcomes: deque[tuple[int, PendingEvent]] = deque()
        self._closed = False
        self.accepted = 0
        """All events ever offered."""
        self.dropped = 0
        """Events that did not fit, or came after `close`."""

    def put(self, event: PendingEvent) -> bool:
        """Add an event without blocking; False if any event was dropped for it."""
        with self._lock:
            dropped_before = self.dropped
            self.accepted += 1
            self._make_room(event.size)
            if self._closed or self._size + event.size > self._limit:
                self.dropped += 1
                return False
            lane = self._steps if event.event == "StepRecorded" else self._outcomes
            lane.append((next(self._order), event))
            self._size += event.size
            self._filled.notify()
            return self.dropped == dropped_before

    def wait(self, timeout_s: float) -> None:
        """Wait for an event or `close`, at most `timeout_s`.

        A reader that polls often anyway should call `take` alone, so that `put` wakes
        nobody: waking a thread is most of the cost of a `put`.
        """
        with self._lock:
            if not self._length() and not self._closed:
                self._filled.wait(timeout_s)

    def take(self, limit: int) -> list[PendingEvent]:
        """Remove and return the oldest events; does not block."""
        with self._lock:
            return [self._pop() for _ in range(min(limit, self._length()))]

    def close(self) -> None:
        """Accept no more events; those in the queue can still be taken."""
        with self._lock:
            self._closed = True
            self._filled.notify_all()

    def clear(self) -> int:
        """Drop all events; return how many there were."""
        with self._lock:
            count = self._length()
            self.dropped += count
            self._steps.clear()
            self._outcomes.clear()
            self._size = 0
            return count

    def _length(self) -> int:
        return len(self._steps) + len(self._outcomes)

    def _make_room(self, size: int) -> None:
        while self._steps and self._size + size > self._limit:
            _, oldest = self._steps.popleft()
            self._size -= oldest.size
            self.dropped += 1

    def _pop(self) -> PendingEvent:
        steps, outcomes = self._steps, self._outcomes
        if not outcomes or (steps and steps[0][0] < outcomes[0][0]):
            _, event = steps.popleft()
        else:
            _, event = outcomes.popleft()
        self._size -= event.size
        return event
