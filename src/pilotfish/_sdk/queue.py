"""The bounded queue between the agent's threads and the publisher's."""

import threading
from collections import deque
from itertools import count

from pilotfish._sdk.pending_event import PendingEvent


class EventQueue:
    """First in, first out; what does not fit is dropped, the oldest steps first.

    Starts, signals, ends and feedback are worth more than steps: a step that finds no
    room pushes out older steps, and an outcome does the same. Only when no steps are
    left, an outcome that finds no room is dropped itself.

    Args:
        limit_bytes: memory of all drafts together; a draft counts 512 bytes and its text.
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
        """Drafts ever offered."""
        self.dropped = 0
        """Drafts that found no room, or came after the end."""

    def put(self, draft: PendingEvent) -> bool:
        """Take a draft, without waiting; False if something was dropped for it."""
        with self._lock:
            before = self.dropped
            self.accepted += 1
            self._make_room(draft.size)
            if self._closed or self._size + draft.size > self._limit:
                self.dropped += 1
                return False
            line = self._steps if draft.event == "StepRecorded" else self._outcomes
            line.append((next(self._order), draft))
            self._size += draft.size
            self._filled.notify()
            return self.dropped == before

    def wait(self, timeout_s: float) -> None:
        """Wait for a draft or the end, at most so long.

        Who looks often enough anyway calls only `take`, so that a `put` wakes nobody:
        that is most of what a `put` costs.
        """
        with self._lock:
            if not self._length() and not self._closed:
                self._filled.wait(timeout_s)

    def take(self, most: int) -> list[PendingEvent]:
        """Return the oldest drafts; does not wait."""
        with self._lock:
            return [self._pop() for _ in range(min(most, self._length()))]

    def close(self) -> None:
        """Take nothing more; what is there can still be taken out."""
        with self._lock:
            self._closed = True
            self._filled.notify_all()

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self.dropped += self._length()
            self._steps.clear()
            self._outcomes.clear()
            self._size = 0

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
            _, draft = steps.popleft()
        else:
            _, draft = outcomes.popleft()
        self._size -= draft.size
        return draft
